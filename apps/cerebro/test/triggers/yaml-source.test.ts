import { describe, expect, test } from '@jest/globals';
import { InvalidFile } from '../../src/coordination/index.js';
import { readYaml } from '../../src/triggers/files/yaml-source.js';

const wrong = (text: string) => {
  try {
    readYaml(text);
    return 'nothing is wrong';
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.errors.map(({ line, column, message }) => `${line}:${column} ${message}`).join('; ');
  }
};

describe('a text of YAML', () => {
  test('is the JSON that it stands for, aliases resolved', () => {
    const { value } = readYaml('a: &shared { x: 1, on: yes }\nb: *shared\nc: [~, 1.5, "2", 0x10]\n');
    const shared = { x: 1, on: 'yes' };
    expect(value).toEqual({ a: shared, b: shared, c: [null, 1.5, '2', 16] });
  });

  test('of nothing is null, and of JSON itself', () => {
    expect(readYaml('# nothing\n').value).toBeNull();
    expect(readYaml('{"a":[1,{"b":null}]}').value).toEqual({ a: [1, { b: null }] });
  });

  const text = [
    'jobs:',
    '  nightly:',
    '    tasks:',
    '      - task: a.b',
    '        args: &args { x/y: 1 }',
    'again: *args',
  ];
  test.each([
    ['', '1:1'],
    ['/jobs', '1:1'],
    ['/jobs/nightly', '2:3'],
    ['/jobs/nightly/tasks/0/task', '4:9'],
    ['/jobs/nightly/tasks/0/args/x~1y', '5:23'],
    ['/again/x~1y', '5:23'],
    ['/jobs/nightly/description', '2:3'],
    ['/jobs/nightly/tasks/7', '3:5'],
    ['/no/such', '1:1'],
  ])('has %s at %s', (pointer, place) => {
    const { line, column } = readYaml(text.join('\n')).placeOf(pointer);
    expect(`${line}:${column}`).toBe(place);
  });

  test.each([
    ['a: 1\nb: [', /^2:\d+ /],
    ['a: 1\na: 2', /^2:1 a key is there twice/],
    ['a: 1\n---\nb: 2', /document/],
    ['a: .inf', /^1:4 is no number/],
    ['a: 9007199254740993', /^1:4 is too large/],
    ['a: "\\0"', /NUL/],
    ['__proto__: 1', /__proto__/],
    ['a: !!thing 1', /^1:\d+ .*tag/i],
    ['a: *nowhere', /nowhere/],
    [`${'['.repeat(40)}${']'.repeat(40)}`, /nest|level|deep/],
    ['['.repeat(100_000), /deep|expected|flow/i],
    ['- '.repeat(100), /^1:1 is nested too deeply/],
    ['"'.padEnd(600_000, 'x'), /larger than 512 KiB/],
    [
      `a: &a [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n${[...'bcdefgh'].map((name, at) => `${name}: &${name} [${Array(10).fill(`*${'abcdefg'[at]}`).join(', ')}]`).join('\n')}`,
      /alias/,
    ],
  ])('%.40j is refused with its place', (yaml, what) => {
    expect(wrong(yaml)).toMatch(what);
  });
});
