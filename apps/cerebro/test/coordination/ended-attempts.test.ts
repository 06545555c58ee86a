import { expect, test } from '@jest/globals';
import { EndedAttempts } from '../../src/coordination/ended-attempts.js';

const mark = (...invocations: string[]) => ({
  row: '1',
  settled: null,
  invokes: invocations.map((invocation) => ({ run: 'r', invocation })),
});
const left = (ended: EndedAttempts) =>
  ended.leftOutOf([mark('a', 'b')]).flatMap(({ invokes }) => invokes.map(({ invocation }) => invocation));

test('of attempts that have ended nothing is asked, unless the commit that was to end them has failed', () => {
  const ended = new EndedAttempts();
  expect(left(ended)).toEqual(['a', 'b']);
  ended.add(['a']);
  expect(left(ended)).toEqual(['b']);
  ended.takeBack(['a']);
  expect(left(ended)).toEqual(['a', 'b']);
});

test('a mark stays, for its row goes with it', () => {
  const ended = new EndedAttempts();
  ended.add(['a', 'b']);
  expect(ended.leftOutOf([mark('a', 'b')])).toEqual([mark()]);
});
