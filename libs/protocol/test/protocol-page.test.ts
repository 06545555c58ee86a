import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from '@jest/globals';
import {
  CEREBRO_ERROR_CODES,
  DEAD_LETTER_REASONS,
  EventType,
  RUN_STATES,
  TASK_STATES,
  TRIGGER_KINDS,
} from '../src/model/index.js';
import { DEAD_LETTER_HEADERS, decodeMessage, topicSpecs } from '../src/wire/index.js';
import type { TopicKind } from '../src/wire/index.js';
import { record } from './support/records.js';

const page = readFileSync(fileURLToPath(new URL('../../../docs/protocol.md', import.meta.url)), 'utf8');
const examples = [...page.matchAll(/^```json (\w+)\n(.*?)^```$/gms)].map(([, kind, text]) => ({
  kind: kind as TopicKind,
  text: text!,
  type: (JSON.parse(text!) as { type: string }).type,
}));

describe('the protocol page', () => {
  test.each([
    ['message type', Object.values(EventType)],
    ['topic', topicSpecs('cordyna', { replicationFactor: 1 }).map(({ name }) => name)],
    ['reason of a dead letter', DEAD_LETTER_REASONS],
    ['header of a dead letter', Object.values(DEAD_LETTER_HEADERS)],
    ['error code of Cerebro', CEREBRO_ERROR_CODES],
    ['task state', TASK_STATES],
    ['run state', RUN_STATES],
    ['kind of trigger', TRIGGER_KINDS],
  ] as const)('names every %s', (_, names: readonly string[]) => {
    expect(names.filter((name) => !page.includes(`\`${name}\``))).toEqual([]);
  });

  test('has an example of each message that servers and Cerebro act on', () => {
    expect(examples.map(({ type }) => type)).toEqual([
      EventType.serverDeclared,
      EventType.serverAccepted,
      EventType.serverRejected,
      EventType.serverHeartbeat,
      EventType.taskInvoke,
      EventType.taskCancel,
      EventType.taskCompleted,
      EventType.taskError,
      EventType.runRequested,
      'com.example.file.landed',
    ]);
  });

  test.each(examples)('its example of $type is one that readers of $kind take', ({ kind, text }) => {
    const decoded = decodeMessage(kind, record(text));
    expect(decoded).toMatchObject({ ok: true, known: kind !== 'signals' });
  });
});
