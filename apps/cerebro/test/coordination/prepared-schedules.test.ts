import { expect, test } from '@jest/globals';
import { NOTHING_LOADED, type Changes, type Loaded, type Needs } from '../../src/coordination/index.js';
import { PreparedSchedules } from '../../src/coordination/prepared-schedules.js';

/** Answers when it is told to. */
function slowReader(open: readonly string[] = []) {
  const asked: (readonly string[])[] = [];
  const answers: (() => void)[] = [];
  const load = ({ schedules }: Needs): Promise<Loaded> => {
    asked.push(schedules);
    const found = schedules.map(
      (id) => [id, { version: 1, value: {}, lastRunOpen: open.includes(id) }] as const,
    );
    return new Promise((resolve) => {
      answers.push(() =>
        resolve({ ...NOTHING_LOADED, schedules: new Map(found) as unknown as Loaded['schedules'] }),
      );
    });
  };
  return { reader: { load }, asked, answer: () => answers.splice(0).forEach((one) => one()) };
}

const changed = (schedule: string) =>
  ({ schedules: [{ expectedVersion: 1, value: { schedule } }] }) as unknown as Changes;

test('what is wanted is read once and kept as long as it is wanted', async () => {
  const { reader, asked, answer } = slowReader();
  const prepared = new PreparedSchedules();
  const first = prepared.prepare(['a', 'b'], reader);
  answer();
  await first;
  const second = prepared.prepare(['b', 'c'], reader);
  answer();
  await second;
  expect(asked).toEqual([['a', 'b'], ['c']]);
  expect(['a', 'b', 'c'].filter((id) => prepared.get(id))).toEqual(['b', 'c']);
});

test('one whose run is unfinished is not kept: it may have ended by the due time', async () => {
  const { reader, answer } = slowReader(['a']);
  const prepared = new PreparedSchedules();
  const read = prepared.prepare(['a', 'b'], reader);
  answer();
  await read;
  expect(['a', 'b'].filter((id) => prepared.get(id))).toEqual(['b']);
});

test('one that is decided about is forgotten, also while it is being read', async () => {
  const { reader, answer } = slowReader();
  const prepared = new PreparedSchedules();
  const first = prepared.prepare(['a', 'b'], reader);
  prepared.absorb(changed('a'));
  answer();
  await first;
  expect(['a', 'b'].filter((id) => prepared.get(id))).toEqual(['b']);
  prepared.absorb(changed('b'));
  expect(prepared.get('b')).toBeUndefined();
});
