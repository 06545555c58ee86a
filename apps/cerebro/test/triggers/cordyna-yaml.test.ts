import { describe, expect, test } from '@jest/globals';
import type { JsonObject } from '@cordyna/protocol/model';
import { InvalidFile } from '../../src/coordination/index.js';
import { CordynaYaml } from '../../src/triggers/index.js';

const format = new CordynaYaml();
const nightly: JsonObject = {
  description: 'the close: of the day',
  args: { b: 1, a: { d: '5', c: [1, { z: 1, y: null }] } },
  tasks: [
    { task: 'a.extract', timeouts: { completeMs: 60_000 } },
    { task: 'b.load', dependsOn: ['a.extract'], args: { rows: 3 } },
  ],
};
const mornings = { job: 'nightly', cron: '0 6 * * 1-5', timezone: 'Europe/Berlin' };
const definitions = [
  { kind: 'schedule', name: 'mornings', version: 3, body: mornings },
  { kind: 'job', name: 'nightly', version: 1, body: nightly },
  { kind: 'schedule', name: 'a.extract', version: 1, body: { everyMs: 300_000 } },
  { kind: 'policy', name: 'policy', version: 1, body: { servers: { required: { team: 'warn' } } } },
] as const;

const errorsOf = (text: string) => {
  try {
    format.read(text);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    return error.errors.map(({ path, line, message }) => `${line} ${path} ${message}`);
  }
};

describe('a cordyna.yaml', () => {
  test('is written in a fixed order, and read as what it was written of', () => {
    const text = format.write(definitions);
    expect(text).toBe(`policy:
  servers:
    required:
      team: warn
jobs:
  nightly:
    description: "the close: of the day"
    args:
      a:
        c:
          - 1
          - y: null
            z: 1
        d: "5"
      b: 1
    tasks:
      - task: a.extract
        timeouts:
          completeMs: 60000
      - task: b.load
        dependsOn:
          - a.extract
        args:
          rows: 3
schedules:
  a.extract:
    everyMs: 300000
  mornings:
    job: nightly
    cron: 0 6 * * 1-5
    timezone: Europe/Berlin
`);
    const { changes } = format.read(text);
    const read = changes.map(({ kind, name, body }) => ({ kind, name, version: 1, body }));
    expect(read.map(({ name }) => name)).toEqual(['policy', 'nightly', 'a.extract', 'mornings']);
    expect(read[1]?.body).toEqual(nightly);
    expect(format.write([...read].reverse())).toBe(text);
  });

  test('gives each definition with its pointer and the place of it', () => {
    const { changes, placeOf } = format.read('# ours\nschedules:\n  x: { task: a.b, everyMs: 5 }\n');
    const body = { task: 'a.b', everyMs: 5 };
    expect(changes).toEqual([{ kind: 'schedule', name: 'x', action: 'put', body, path: '/schedules/x' }]);
    expect(placeOf('/schedules/x/everyMs')).toEqual({ line: 3, column: 19 });
  });

  test.each(['', '# nothing', 'jobs:', 'jobs: {}\nschedules:'])('of %j names nothing', (text) => {
    expect(format.read(text).changes).toEqual([]);
  });

  test.each<[string, string[]]>([
    ['- a', ['1  must be object']],
    [
      'policy:\n  servers: { required: { team: perhaps } }',
      ['2 /policy/servers/required/team must be one of: warn, refuse'],
    ],
    ['jbos: {}', ['1 /jbos is not known: take it out or correct its name']],
    [
      'jobs:\n  A: { tasks: [ { task: a.b } ] }',
      [expect.stringMatching(/^2 \/jobs\/A the key must be a name/) as unknown as string],
    ],
    [
      'jobs:\n  n:\n    taks: 1\n    tasks:\n      - task: bare\n',
      [
        '3 /jobs/n/taks is not known: take it out or correct its name',
        expect.stringMatching(/^5 \/jobs\/n\/tasks\/0\/task must be <server>/) as unknown as string,
      ],
    ],
    [
      'jbos: {}\njobs:\n  n: { taks: 1, tasks: [ { task: a.b } ] }\n  m: 5\nrules: []\nschedules: { s: { everyMs: no } }',
      [
        '1 /jbos is not known: take it out or correct its name',
        '4 /jobs/m must be object',
        '5 /rules must be object',
        '3 /jobs/n/taks is not known: take it out or correct its name',
        '6 /schedules/s/everyMs must be integer',
      ],
    ],
    [
      'schedules:\n  s:\n    everyMs: no\njobs:\n  n: {}',
      ['5 /jobs/n/tasks is required', '3 /schedules/s/everyMs must be integer'],
    ],
  ])('%j is refused with the path and line of every error', (text, errors) => {
    expect(errorsOf(text)).toEqual(errors);
  });
});
