import { describe, expect, test } from '@jest/globals';
import { commandsTopicSpec, topicsOf, topicSpecs } from '../src/wire/index.js';

const DAY_MS = 24 * 60 * 60 * 1000;

describe('topic names', () => {
  test('the default prefix gives the names of the protocol', () => {
    const topics = topicsOf();
    expect(topics).toMatchObject({
      declarations: 'cordyna.declarations',
      registrations: 'cordyna.registrations',
      servers: 'cordyna.servers',
      events: 'cordyna.events',
      invocations: 'cordyna.invocations',
      signals: 'cordyna.signals',
      deadLetters: 'cordyna.dead-letters',
      cerebroGroup: 'cordyna.cerebro',
    });
    expect(topics.commands('server-a')).toBe('cordyna.commands.server-a');
    expect(topics.serverGroup('server-a')).toBe('cordyna.server.server-a');
  });

  test('another prefix shares no topic and no group with the default one', () => {
    const namesOf = (prefix: string) => {
      const topics = topicsOf(prefix);
      const fixed = topicSpecs(prefix, { replicationFactor: 1 }).map(({ name }) => name);
      return [...fixed, topics.commands('a'), topics.serverGroup('a'), topics.cerebroGroup];
    };
    expect(namesOf('other').filter((name) => namesOf('cordyna').includes(name))).toEqual([]);
    expect(namesOf('other').every((name) => name.startsWith('other.'))).toBe(true);
  });

  test('the kind of a topic is told by its name within the installation', () => {
    const topics = topicsOf('cordyna');
    expect(topics.kindOf('cordyna.events')).toBe('events');
    expect(topics.kindOf('cordyna.commands.server-b')).toBe('commands');
    expect(topics.kindOf('cordyna.dead-letters')).toBeUndefined();
    expect(topics.kindOf('elsewhere.events')).toBeUndefined();
  });

  test.each(['', '.hidden', 'with space', 'a/b', 'x'.repeat(121)])('the prefix %j is refused', (prefix) => {
    expect(() => topicsOf(prefix)).toThrow(RangeError);
  });

  test('the longest names stay within the 249 characters that Kafka allows', () => {
    expect(topicsOf('p'.repeat(120)).commands('s'.repeat(64)).length).toBeLessThanOrEqual(249);
  });
});

describe('topic settings', () => {
  const specs = new Map(
    topicSpecs('cordyna', { replicationFactor: 3, partitions: 6 }).map((spec) => [spec.name, spec]),
  );
  const commands = commandsTopicSpec('server-a', 'cordyna', { replicationFactor: 3 });

  test.each([
    ['cordyna.declarations', 1, 'compact', undefined],
    ['cordyna.registrations', 1, 'delete', 1],
    ['cordyna.servers', 6, 'delete', 1],
    ['cordyna.events', 6, 'delete', 30],
    ['cordyna.invocations', 6, 'delete', 7],
    ['cordyna.signals', 6, 'delete', 7],
    ['cordyna.dead-letters', 6, 'delete', 30],
  ])('%s has %i partitions and the policy %s, kept for %s days', (name, partitions, policy, days) => {
    const spec = specs.get(name);
    expect(spec).toMatchObject({ partitions, replicationFactor: 3 });
    expect(spec?.config['cleanup.policy']).toBe(policy);
    expect(spec?.config['retention.ms']).toBe(days === undefined ? undefined : String(days * DAY_MS));
  });

  test('command topics are kept 7 days in 12 partitions unless told otherwise', () => {
    expect(commands).toMatchObject({
      name: 'cordyna.commands.server-a',
      partitions: 12,
      replicationFactor: 3,
    });
    expect(commands.config['retention.ms']).toBe(String(7 * DAY_MS));
  });

  test('a withdrawal is kept for 30 days', () => {
    const { config } = specs.get('cordyna.declarations')!;
    expect(config['delete.retention.ms']).toBe(String(30 * DAY_MS));
  });

  test('every topic takes 2 MiB and is re-encoded by the broker', () => {
    for (const { config } of [...specs.values(), commands]) {
      expect(config).toMatchObject({ 'max.message.bytes': '2097152', 'compression.type': 'uncompressed' });
    }
  });

  test('the broker stamps what the watchdog waits for, and only that', () => {
    const byBroker = [...specs.values(), commands]
      .filter(({ config }) => config['message.timestamp.type'] === 'LogAppendTime')
      .map(({ name }) => name);
    expect(byBroker).toEqual(['cordyna.servers', 'cordyna.events']);
  });

  test('the fence of 5 s stands on commands and dead letters, and nowhere else', () => {
    const fenced = [...specs.values(), commands].filter(
      ({ config }) =>
        config['message.timestamp.before.max.ms'] === '5000' &&
        config['message.timestamp.after.max.ms'] === '5000' &&
        config['message.timestamp.type'] === 'CreateTime',
    );
    expect(fenced.map(({ name }) => name)).toEqual(['cordyna.dead-letters', 'cordyna.commands.server-a']);
    const touched = [...specs.values(), commands].filter(
      ({ config }) => 'message.timestamp.before.max.ms' in config,
    );
    expect(touched).toHaveLength(2);
  });
});
