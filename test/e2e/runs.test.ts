import { beforeAll, describe } from '@jest/globals';
import { order } from './runs/order.js';
import { Setting } from './runs/setting.js';

describe.each([1, 2])('with %i coordinator(s)', (coordinators) => {
  let setting: Setting;

  beforeAll(async () => {
    setting = await Setting.open(coordinators);
  }, 90_000);

  order(() => setting);
});
