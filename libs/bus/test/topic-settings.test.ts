import { describe, expect, test } from '@jest/globals';
import { correctSettings } from '../src/admin/topic-settings.js';
import type { Links } from '../src/cluster/links.js';

const TOPIC = 'orders';
const spec = { name: TOPIC, partitions: 1, config: { 'retention.ms': '1000', 'cleanup.policy': 'delete' } };

/** Takes a change at once, and goes by it from the `lag`-th description on. */
class LaggingBroker {
  asked = 0;
  altered = 0;

  constructor(
    private actual: Record<string, string>,
    private readonly lag: number,
  ) {}

  get links(): Links {
    const request = (_which: string, use: (broker: unknown) => unknown) => Promise.resolve(use(this));
    return { request } as unknown as Links;
  }

  describeConfigs(): unknown {
    this.asked += 1;
    if (this.asked > this.lag) this.actual = { ...this.actual, ...spec.config };
    const configEntries = Object.entries(this.actual).map(([configName, configValue]) => ({
      configName,
      configValue,
    }));
    return { resources: [{ resourceName: TOPIC, configEntries }] };
  }

  readonly connectionPool = {
    send: (): unknown => {
      this.altered += 1;
      return { resources: [{ errorCode: 0, errorMessage: null, topic: TOPIC }] };
    },
  };
}

describe('settings of topics', () => {
  test('are corrected when the broker goes by them, not when the controller has taken them', async () => {
    const broker = new LaggingBroker({ 'retention.ms': '5', 'cleanup.policy': 'delete' }, 4);
    const corrected = await correctSettings(broker.links, [spec], 5_000);
    expect(corrected).toEqual([{ topic: TOPIC, settings: ['retention.ms'] }]);
    expect(broker).toMatchObject({ asked: 5, altered: 1 });
  });

  test('that a broker never goes by are named', async () => {
    const broker = new LaggingBroker({ 'retention.ms': '5', 'cleanup.policy': 'delete' }, Infinity);
    await expect(correctSettings(broker.links, [spec], 30)).rejects.toMatchObject({
      name: 'BusError',
      code: 'timed_out',
      message: 'taken, but not applied in 30 ms: orders (retention.ms)',
    });
  });

  test('that are as they should be are left alone', async () => {
    const broker = new LaggingBroker({ ...spec.config, 'segment.ms': '7' }, Infinity);
    expect(await correctSettings(broker.links, [spec], 1_000)).toEqual([]);
    expect(broker).toMatchObject({ asked: 1, altered: 0 });
  });
});
