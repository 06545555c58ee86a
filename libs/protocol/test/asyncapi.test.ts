import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Parser } from '@asyncapi/parser';
import type { AsyncAPIDocumentInterface } from '@asyncapi/parser';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { EventType } from '../src/model/index.js';
import { topicsOf, topicSpecs } from '../src/wire/index.js';

const path = fileURLToPath(new URL('../../../docs/asyncapi.yaml', import.meta.url));
const ERROR_SEVERITY = 0;

describe('the AsyncAPI document', () => {
  let document: AsyncAPIDocumentInterface;
  beforeAll(async () => {
    const parsed = await new Parser().parse(readFileSync(path, 'utf8'));
    expect(parsed.diagnostics.filter(({ severity }) => severity === ERROR_SEVERITY)).toEqual([]);
    document = parsed.document!;
  }, 60_000);

  test('is one of AsyncAPI 3.0 without an error', () => {
    expect(document.version()).toBe('3.0.0');
  });

  test('has every topic of an installation', () => {
    const topics = topicsOf('PREFIX');
    const fixed = topicSpecs('PREFIX', { replicationFactor: 1 }).map(({ name }) => name);
    const expected = [...fixed, topics.commands('{server}')].map((name) =>
      name.replace('PREFIX', '{prefix}'),
    );
    const addresses = document
      .channels()
      .all()
      .map((channel) => channel.address());
    expect([...addresses].sort()).toEqual(expected.sort());
  });

  test('has every message type, each in some operation', () => {
    const operations = document.operations().all();
    const used = operations.flatMap((operation) =>
      operation
        .messages()
        .all()
        .map((message) => message.name()),
    );
    expect(Object.values(EventType).filter((type) => !used.includes(type))).toEqual([]);
  });

  test('says what Cerebro receives and what it sends', () => {
    const channelsOf = (action: 'receive' | 'send') =>
      document
        .operations()
        .all()
        .filter((operation) => operation.action() === action)
        .flatMap((operation) =>
          operation
            .channels()
            .all()
            .map((channel) => channel.id()),
        );
    expect(channelsOf('receive')).toEqual(['declarations', 'servers', 'events', 'invocations', 'signals']);
    expect(channelsOf('send')).toEqual(['registrations', 'commands', 'events', 'dead-letters']);
  });
});
