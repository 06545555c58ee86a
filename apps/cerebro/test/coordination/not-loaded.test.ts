import { describe, expect, test } from '@jest/globals';
import { emptyRegistry } from '@cordyna/engine';
import { NOTHING_LOADED, type Envelope } from '../../src/coordination/index.js';
import { keyOf } from '../../src/coordination/ports/index.js';
import { NotLoaded } from '../../src/coordination/not-loaded.js';
import { WorkingSet } from '../../src/coordination/working-set.js';

const LOOKED_FOR = 'looked-for';
const target = 's.a';
const sought = {
  runs: new Set([LOOKED_FOR]),
  schedules: new Set([LOOKED_FOR]),
  keys: new Set([keyOf(target, LOOKED_FOR)]),
};
const begin = () => new WorkingSet(NOTHING_LOADED, 0, emptyRegistry(), {} as Envelope, sought);

// What is said to be absent is checked by the commit: of what is there, every try would end in a conflict, for ever.
describe('a decision that needs more than its batch was thought to need', () => {
  test('has a run looked for before it is said to be absent', () => {
    expect(() => begin().run('other')).toThrow(new NotLoaded({ runs: ['other'] }));
  });

  test('has a schedule looked for before it is said to be absent', () => {
    expect(() => begin().schedule('other')).toThrow(new NotLoaded({ schedules: ['other'] }));
  });

  test('has a key looked for before anything is denied since there is none, which no commit would compare', () => {
    expect(begin().key(target, 'other')).toBeUndefined();
    expect(() => begin().mustKnowKey(target, 'other')).toThrow(
      new NotLoaded({ keys: [{ target, key: 'other' }] }),
    );
    expect(() => begin().mustKnowKey(target, LOOKED_FOR)).not.toThrow();
    expect(() => begin().mustKnowKey(target, null)).not.toThrow();
  });

  test('finds that what was looked for is absent, and the commit checks the run', () => {
    const work = begin();

    expect(work.run(LOOKED_FOR)).toBeUndefined();
    expect(work.schedule(LOOKED_FOR)).toBeUndefined();
    expect(work.changes().absentRuns).toEqual([LOOKED_FOR]);
  });
});
