import { afterAll, beforeAll, describe } from '@jest/globals';
import { failures } from './runs/failures.js';
import { forEach } from './runs/for-each.js';
import { freshness } from './runs/freshness.js';
import { history } from './runs/history.js';
import { order } from './runs/order.js';
import { Setting } from './runs/setting.js';

describe.each([1, 2])('with %i coordinator(s)', (coordinators) => {
  const setting = new Setting(coordinators);

  beforeAll(() => setting.open(), 90_000);
  afterAll(() => setting.close(), 60_000);

  for (const part of [order, failures, freshness, forEach, history]) part(setting);
});
