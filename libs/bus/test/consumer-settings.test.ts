import { expect, test } from '@jest/globals';
import { consumerSettings } from '../src/consumer/settings.js';

test('a callback that throws is logged, and says what it says when there is none', () => {
  const logged: string[] = [];
  const fail = () => {
    throw new Error('a bug of its owner');
  };
  const options = { group: 'g', topics: ['t'], onBatch: () => Promise.resolve() };
  const settings = consumerSettings({ ...options, ownBytes: fail, onState: fail }, (level, text) =>
    logged.push(`${level} ${text}`),
  );
  settings.onState('running');
  expect(settings.ownBytes()).toBe(0);
  expect(logged).toEqual(['error onState threw', 'error ownBytes threw']);
  expect(consumerSettings(options, () => undefined).ownBytes()).toBe(0);
});
