import { describe, expect, test } from '@jest/globals';
import { atEnd, atEndOfFile } from '../src/closers.js';

const closed: string[] = [];
const start = (what: string, end = atEnd): void => end(what, async () => void closed.push(what));

start('of the file');

describe('what a describe starts', () => {
  start('while it is read');

  describe('within another', () => {
    test('goes on until the outermost has ended', () => {
      start('within');
      start('shared', atEndOfFile);
    });
  });

  test('goes on while its tests run', () => {
    start('last');
    expect(closed).toEqual([]);
  });
});

describe('the next describe', () => {
  test('finds ended what the one before started, the last one first, and nothing else', () => {
    expect(closed).toEqual(['last', 'within']);
  });
});
