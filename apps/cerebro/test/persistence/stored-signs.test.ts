import { expect, test } from '@jest/globals';
import { StoredSigns } from '../../src/persistence/store/stored-signs.js';
import { changesOf } from './support/builders.js';

const sign = (instance: string) => ({ server: 'a', instance, sentAt: 1 });

test('a sign of life is stored again once the one before is a tenth of a second old', () => {
  let now = 0;
  const signs = new StoredSigns(() => now);
  const told = (...instances: string[]) =>
    signs
      .withNew(changesOf({ signsOfLife: instances.map(sign) }))
      .signsOfLife.map(({ instance }) => instance);
  expect(told('one', 'two')).toEqual(['one', 'two']);
  // Nothing is known of it before its commit has taken effect.
  expect(told('one')).toEqual(['one']);
  signs.stored([sign('one')], now);
  now = 99;
  expect(told('one', 'two')).toEqual(['two']);
  now = 100;
  expect(told('one', 'two')).toEqual(['one', 'two']);
});
