import { beforeAll, describe, expect, test } from '@jest/globals';
import { createTopics, listTopics, testBroker, withAdmin } from '@cordyna/testkit';
import type { TestBroker } from '@cordyna/testkit';
import { ConfigResourceTypes } from 'kafkajs';
import type { Bus } from '@cordyna/bus';
import { createTopic, offsetsOf, testBus } from './bus-support.js';

let broker: TestBroker;
let bus: Bus;
const topic = (name: string): string => `${broker.prefix}.${name}`;

beforeAll(async () => {
  broker = await testBroker();
  bus = testBus(broker.brokers);
});

const settingsOf = (name: string): Promise<Map<string, string>> =>
  withAdmin(broker.brokers, async (admin) => {
    const { resources } = await admin.describeConfigs({
      includeSynonyms: false,
      resources: [{ type: ConfigResourceTypes.TOPIC, name }],
    });
    return new Map(
      resources[0]?.configEntries.map(({ configName, configValue }) => [configName, configValue]),
    );
  });

describe('provisioning', () => {
  test('creates what is missing with its settings, and is done when it can be used', async () => {
    const spec = { name: topic('new'), partitions: 12, config: { 'retention.ms': '604800000' } };
    const report = await bus.admin().ensureTopics([spec]);
    expect(report).toEqual({ created: [spec.name], corrected: [], otherPartitions: [] });
    expect((await settingsOf(spec.name)).get('retention.ms')).toBe('604800000');
    expect(await bus.admin().partitions(spec.name)).toBe(12);
    expect(await listTopics(broker.brokers, broker.prefix)).toContain(spec.name);
    expect(await bus.admin().ensureTopics([spec])).toEqual({
      created: [],
      corrected: [],
      otherPartitions: [],
    });
  });

  test('is done when every leader takes what is sent once, also for who came second', async () => {
    const publisher = bus.publisher({ retries: false });
    const other = testBus(broker.brokers);
    for (let turn = 0; turn < 8; turn += 1) {
      const spec = { name: topic(`led-${turn}`), partitions: 12, config: {} };
      const made = [bus, other].map((one) => one.admin().ensureTopics([spec]));
      await Promise.race(made);
      const messages = Array.from({ length: 12 }, (_, partition) => ({
        topic: spec.name,
        partition,
        key: null,
        value: 'at once',
      }));
      expect(offsetsOf(await publisher.send(messages))).toEqual(messages.map(() => 0n));
      await Promise.all(made);
    }
    await publisher.close();
  });

  test('corrects what somebody else made, and keeps the settings that it says nothing about', async () => {
    const name = topic('foreign');
    await createTopics(broker.brokers, [
      {
        topic: name,
        numPartitions: 3,
        configEntries: [
          { name: 'message.timestamp.type', value: 'CreateTime' },
          { name: 'segment.ms', value: '123456789' },
        ],
      },
    ]);
    const config = { 'message.timestamp.type': 'LogAppendTime', 'compression.type': 'uncompressed' };
    const report = await bus.admin().ensureTopics([{ name, partitions: 12, config }]);
    expect(report.corrected).toEqual([{ topic: name, settings: Object.keys(config) }]);
    expect(report.otherPartitions).toEqual([{ topic: name, wanted: 12, actual: 3 }]);
    const settings = await settingsOf(name);
    expect(settings.get('message.timestamp.type')).toBe('LogAppendTime');
    expect(settings.get('compression.type')).toBe('uncompressed');
    expect(settings.get('segment.ms')).toBe('123456789');
    expect(await bus.admin().partitions(name)).toBe(3);
  });

  test('may be done by several processes at once', async () => {
    const specs = Array.from({ length: 5 }, (_, index) => ({
      name: topic(`raced-${index}`),
      partitions: 2,
      config: { 'retention.ms': '3600000' },
    }));
    const others = Array.from({ length: 4 }, () => testBus(broker.brokers));
    const reports = await Promise.all(others.map((other) => other.admin().ensureTopics(specs)));
    const created = reports.flatMap((report) => report.created);
    expect([...created].sort()).toEqual(specs.map(({ name }) => name));
  });

  test('says which setting a broker does not take', async () => {
    const wrong = { name: topic('wrong'), partitions: 1, config: { 'retention.ms': 'soon' } };
    await expect(bus.admin().ensureTopics([wrong])).rejects.toMatchObject({
      name: 'BusError',
      code: 'invalid_config',
      retriable: false,
    });
    await createTopic(bus, topic('fine'));
    await expect(
      bus.admin().ensureTopics([{ name: topic('fine'), partitions: 1, config: { 'retention.ms': 'soon' } }]),
    ).rejects.toMatchObject({ code: 'invalid_config', message: expect.stringContaining('retention.ms') });
  });
});

describe('offsets', () => {
  test('tell begin, end, and the first record at or after a time', async () => {
    const name = await createTopic(bus, topic('offsets'), { partitions: 2 });
    const t0 = Date.now() - 60_000;
    await bus.publisher().send(
      [0, 1_000, 2_000, 3_000].map((ms) => ({
        topic: name,
        partition: 1,
        key: 'k',
        value: 'v',
        timestampMs: t0 + ms,
      })),
    );
    const admin = bus.admin();
    expect(await admin.endOffsets(name)).toEqual(
      new Map([
        [0, 0n],
        [1, 4n],
      ]),
    );
    expect(await admin.beginningOffsets(name)).toEqual(
      new Map([
        [0, 0n],
        [1, 0n],
      ]),
    );
    const other = await createTopic(bus, topic('more-offsets'), { partitions: 1 });
    expect(await admin.ends([other, name])).toEqual(
      new Map([
        [`${other}/0`, 0n],
        [`${name}/0`, 0n],
        [`${name}/1`, 4n],
      ]),
    );
    await expect(admin.beginnings([name, topic('nowhere')])).rejects.toMatchObject({ code: 'unknown_topic' });
    expect(await admin.firstOffsetAtOrAfter(name, 1, t0 + 1_000)).toBe(1n);
    expect(await admin.firstOffsetAtOrAfter(name, 1, t0 + 1_001)).toBe(2n);
    expect(await admin.firstOffsetAtOrAfter(name, 1, t0 - 10_000)).toBe(0n);
    expect(await admin.firstOffsetAtOrAfter(name, 1, t0 + 3_001)).toBe(4n);
    expect(await admin.firstOffsetAtOrAfter(name, 0, t0)).toBe(0n);
  });

  test('of a topic that does not exist are an error', async () => {
    await expect(bus.admin().endOffsets(topic('nowhere'))).rejects.toMatchObject({ code: 'unknown_topic' });
    await expect(bus.admin().partitions(topic('nowhere'))).rejects.toMatchObject({ code: 'unknown_topic' });
    const name = await createTopic(bus, topic('one-partition'));
    await expect(bus.admin().firstOffsetAtOrAfter(name, 7, 0)).rejects.toMatchObject({
      code: 'unknown_topic',
    });
  });
});
