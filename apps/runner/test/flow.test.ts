import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test } from '@jest/globals';
import { temporaryDirectory } from '@cordyna/testkit';
import type { FlowReport } from '@cordyna/protocol/model';
import type { TaskServer } from '@cordyna/task-server';
import { runTask } from '@cordyna/task-server/testing';
import type { RunTaskResult } from '@cordyna/task-server/testing';
import { createFlow } from '../src/flow/create-flow.js';
import type { FlowServer } from '../src/flow/create-flow.js';
import type { Flow } from '../src/flow/flow.js';
import { readFlow } from '../src/flow/read-flow.js';

const folder = await temporaryDirectory('runner');
let count = 0;
const running: Flow[] = [];
afterEach(() => running.splice(0).forEach((flow) => flow.end()));

/** Appends what it is called to each line of its sources, and fails on the word `bad`. */
const SCRIPT = `#!/bin/sh
name="$1"; shift
for last; do :; done
echo "writing for $name"
while [ $# -gt 1 ]; do
  grep -q bad "$1" && { echo "this is bad" >&2; exit 4; }
  sed "s/$/ $name/" "$1" >> "$last"; shift
done
`;

interface Site {
  readonly root: string;
  /** Of requested runs, in order: what the run of a file ended with. */
  readonly runs: { readonly task: string; readonly args: object; readonly result: RunTaskResult }[];
  readonly flow: Flow;
  readonly server: TaskServer;
  put(path: string, text: string): void;
  text(path: string): string;
  report(): Promise<FlowReport>;
  until(what: string, holds: () => boolean): Promise<void>;
}

const JOBS = [
  { name: 'first', script: ['./append.sh', 'one'], source: 'in', target: 'timed' },
  {
    name: 'second',
    script: ['./append.sh', 'two'],
    source: { folder: 'timed', files: 'a*.txt' },
    target: 'scored',
  },
  {
    name: 'merge',
    script: ['./append.sh', 'three'],
    source: [
      { folder: 'scored', files: 'a*.txt' },
      { folder: 'timed', files: 'b*.txt' },
    ],
    target: { folder: 'merged', files: 'merged*.txt' },
  },
];

/** A flow in a folder of its own; in place of Cerebro every run that is asked for is made at once. */
async function site(
  configuration: object,
  before: (put: Site['put']) => void = () => undefined,
  at?: string,
): Promise<Site> {
  const root = at ?? join(folder, `flow-${(count += 1)}`);
  const put = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  put('flow.json', JSON.stringify(configuration));
  put('append.sh', SCRIPT);
  chmodSync(join(root, 'append.sh'), 0o755);
  before(put);
  const settings = await readFlow(join(root, 'flow.json'));
  const runs: Site['runs'] = [];
  const runNow = async (task: string, args: Readonly<Record<string, string>>): Promise<void> => {
    const result = await runTask(made.server, task, { args });
    if (task !== 'flow') runs.push({ task, args, result });
  };
  const made: FlowServer = createFlow(settings, { brokers: [] }, process.env, runNow);
  const { flow, server } = made;
  await flow.prepare();
  flow.begin();
  running.push(flow);
  return {
    root,
    runs,
    flow,
    server,
    put,
    text: (path) => readFileSync(join(root, path), 'utf8'),
    report: () => flow.report(),
    async until(what, holds) {
      const end = Date.now() + 10_000;
      while (!holds()) {
        if (Date.now() > end)
          throw new Error(`not within 10 s: ${what}; ${JSON.stringify(await flow.report())}`);
        await delay(10);
      }
    },
  };
}
const quick = (more: object = {}): object => ({
  flow: 'prices',
  settleMs: 30,
  checkEveryMs: 60_000,
  jobs: JOBS,
  ...more,
});
const statuses = ({ jobs }: FlowReport): object =>
  Object.fromEntries(jobs.map(({ job, status }) => [job, status]));

describe('a folder flow', () => {
  test('makes what is missing, from the first folder to the merge of two, each once', async () => {
    const { root, runs, text, until, report } = await site(quick(), (put) => {
      put('in/a-1.txt', 'A\n');
      put('in/b-1.txt', 'B\n');
    });
    await until('it is merged', () => existsSync(join(root, 'merged/merged-1.txt')));

    expect(text('merged/merged-1.txt')).toBe('A one two three\nB one three\n');
    await until('all runs have ended', () => runs.length === 4);
    expect(runs.map(({ task, args }) => [task, args])).toEqual(
      expect.arrayContaining([
        ['first', { flowFile: 'a-1.txt' }],
        ['first', { flowFile: 'b-1.txt' }],
        ['second', { flowFile: '-1' }],
        ['merge', { flowFile: '-1' }],
      ]),
    );
    expect(statuses(await report())).toEqual({ first: 'success', second: 'success', merge: 'success' });
    expect(readdirSync(join(root, 'timed'))).toEqual(['a-1.txt', 'b-1.txt']);
  });

  test('shows its jobs as one graph', async () => {
    const { server } = await site(quick());

    expect(server.declaration().tasks.map(({ name, dependsOn }) => [name, dependsOn])).toEqual([
      ['first', undefined],
      ['second', ['first']],
      ['merge', ['first', 'second']],
      ['flow', undefined],
    ]);
  });

  test('sees a new file at once, and takes it when it has stopped growing', async () => {
    const { root, put, text, until, report } = await site(quick({ settleMs: 250 }));
    for (let line = 0; line < 6; line += 1) {
      put('in/a.txt', 'A\n'.repeat(line + 1));
      await delay(80);
    }
    expect(existsSync(join(root, 'timed/a.txt'))).toBe(false);
    expect((await report()).jobs[0]).toMatchObject({ status: 'preliminary', counts: { preliminary: 1 } });
    await until('it is made', () => existsSync(join(root, 'timed/a.txt')));

    expect(text('timed/a.txt')).toBe('A one\n'.repeat(6));
  });

  test('waits for a file of every source, and says which one is missing', async () => {
    const { until, runs, report } = await site(quick(), (put) => put('in/b.txt', 'B\n'));
    await until('the first job is done', () => runs.length === 1);

    const [, second, merge] = (await report()).jobs;
    expect(second).toMatchObject({ status: 'preliminary', files: [] });
    expect(merge?.files).toEqual([
      {
        ...{ file: 'merged/merged.txt', sources: ['scored/a.txt', 'timed/b.txt'], missing: ['scored/a.txt'] },
        ...{ status: 'preliminary', running: false, run: null, error: null },
      },
    ]);
  });

  test('shows what failed as an error, leaves no target, and tries again when the source changes', async () => {
    const { root, put, until, runs, report } = await site(quick(), (put) => put('in/b.txt', 'bad\n'));
    await until('it failed', () => runs.length === 1);

    expect((await report()).jobs[0]).toMatchObject({
      status: 'error',
      files: [
        {
          file: 'timed/b.txt',
          error: { code: 'command_failed', message: expect.stringContaining('this is bad') },
        },
      ],
    });
    expect(readdirSync(join(root, 'timed'))).toEqual([]);
    put('in/b.txt', 'better\n');
    await until('it is made', () => existsSync(join(root, 'timed/b.txt')));
    expect(statuses(await report())).toMatchObject({ first: 'success' });
  });

  test('started again makes only what is missing, and clears up what was left in the middle', async () => {
    const first = await site(quick(), (put) => put('in/a.txt', 'A\n'));
    await first.until('two jobs are done', () => existsSync(join(first.root, 'scored/a.txt')));
    first.flow.end();
    first.put('timed/.part-1-b.txt', 'half');
    first.put('in/b.txt', 'B\n');
    const again = await site(quick(), undefined, first.root);
    await again.until('all is done', () => again.runs.length === 2);

    expect(again.runs.map(({ task, args }) => [task, args])).toEqual([
      ['first', { flowFile: 'b.txt' }],
      ['merge', { flowFile: '' }],
    ]);
    expect(readdirSync(join(first.root, 'timed'))).toEqual(['a.txt', 'b.txt']);
  });

  test.each([
    [false, 'A one\n', 0],
    [true, 'changed one\n', 1],
  ])('with rerunChanged %p a changed source of before is %p', async (rerunChanged, expected, rerun) => {
    const jobs = JOBS.slice(0, 1);
    const first = await site(quick({ rerunChanged, jobs }), (put) => put('in/a.txt', 'A\n'));
    await first.until('it is made', () => first.runs.length === 1);
    first.flow.end();
    first.put('in/a.txt', 'changed\n');
    first.put('in/marker.txt', 'M\n');
    const again = await site(quick({ rerunChanged, jobs }), undefined, first.root);
    await again.until('the newer file is made', () => again.runs.length === 1 + rerun);

    expect(again.text('timed/a.txt')).toBe(expected);
    // Another time of change with the same content is no change.
    again.flow.end();
    utimesSync(join(first.root, 'in/a.txt'), new Date(0), new Date(0));
    again.put('in/last.txt', 'L\n');
    const third = await site(quick({ rerunChanged, jobs }), undefined, first.root);
    await third.until('the last file is made', () => third.runs.length > 0);
    expect(third.runs.map(({ args }) => args)).toEqual([{ flowFile: 'last.txt' }]);
  });

  test('asks others to go on with what was made, also when a killed attempt had made it', async () => {
    const jobs = [{ ...JOBS[0], then: ['database.save'] }];
    const { root, until, runs, server } = await site(quick({ jobs }), (put) => put('in/a.txt', 'A\n'));
    await until('it is made', () => runs.length === 1);
    const again = await runTask(server, 'first', { args: { flowFile: 'a.txt' } });

    const asked = {
      task: 'database.save',
      scope: 'task',
      args: { file: join(root, 'timed/a.txt') },
      trigger: 'file',
    };
    expect(runs[0]?.result.invoked).toMatchObject([asked]);
    expect(again).toMatchObject({ output: { wasThere: true }, invoked: [asked] });
  });

  test('makes nothing of a source that changed meanwhile, and makes it of what it is then', async () => {
    const grow = 'cat "$1" > "$2"; [ "$(wc -l < "$1")" -gt 1 ] || echo more >> "$1"';
    const jobs = [{ name: 'copy', script: ['sh', '-c', grow, 'copy'], source: 'in', target: 'out' }];
    const { root, until, runs, text } = await site(quick({ jobs }), (put) => put('in/a.txt', 'A\n'));
    await until('it is made', () => existsSync(join(root, 'out/a.txt')));

    expect(runs[0]?.result).toMatchObject({ error: { code: 'source_changed', retryable: true } });
    expect(text('out/a.txt')).toBe('A\nmore\n');
  });

  test('forgets what a target was made of when it is removed', async () => {
    const jobs = JOBS.slice(0, 1);
    const { root, until, runs, text } = await site(quick({ rerunChanged: true, jobs }), (put) => {
      put('in/a.txt', 'A\n');
      put('in/b.txt', 'B\n');
    });
    const known = (): string[] => Object.keys(JSON.parse(text('.cordyna-flow.json')) as object).sort();
    await until('both are made', () => runs.length === 2);
    expect(known()).toEqual(['timed/a.txt', 'timed/b.txt']);
    for (const name of ['in/a.txt', 'timed/a.txt']) rmSync(join(root, name));
    await until('it is forgotten', () => known().join() === 'timed/b.txt');
  });

  test('makes a target again that was removed', async () => {
    const { root, until, runs } = await site(quick({ jobs: JOBS.slice(0, 1) }), (put) =>
      put('in/a.txt', 'A\n'),
    );
    await until('it is made', () => runs.length === 1);
    rmSync(join(root, 'timed/a.txt'));
    await until('it is made again', () => runs.length === 2);

    expect(existsSync(join(root, 'timed/a.txt'))).toBe(true);
  });

  test.each(['../outside.txt', 'sub/a.txt', '..', '.hidden', 'a\\b.txt', 'a\0.txt'])(
    'touches nothing outside of its folders: %j is refused',
    async (flowFile) => {
      const { server, root } = await site({ flow: 'chain', jobs: JOBS }, (put) => {
        put('in/a.txt', '1\n');
        put('outside.txt', 'not for jobs\n');
        put('in/sub/a.txt', 'nor this\n');
      });
      const result = await runTask(server, 'first', { args: { flowFile } });
      expect(result).toMatchObject({ error: { code: 'file_invalid', retryable: false } });
      expect(existsSync(join(root, 'timed', 'sub'))).toBe(false);
    },
  );

  test('makes a target once when two runs ask for it at the same time', async () => {
    const jobs = JOBS.slice(0, 1);
    const { runs, server, flow } = await site(quick({ jobs }), (put) => put('in/a.txt', 'A\n'));
    // Nobody looks at the folders any more: only what is asked for is made, as soon as its source has settled.
    flow.end();
    const results = await Promise.all(
      [1, 2].map(() => runTask(server, 'first', { args: { flowFile: 'a.txt' } })),
    );
    expect(runs).toEqual([]);

    expect(results.map((result) => 'output' in result && result.output)).toEqual([
      { made: 'timed/a.txt', script: expect.objectContaining({ exitCode: 0 }) },
      { made: 'timed/a.txt', wasThere: true },
    ]);
  });
});

describe('the configuration of a flow', () => {
  const errorsOf = async (configuration: unknown): Promise<string[]> => {
    const path = join(folder, 'flow.json');
    writeFileSync(path, JSON.stringify(configuration));
    return readFlow(path).then(
      () => [],
      ({ message }: Error) => message.split('\n').slice(1),
    );
  };

  test('may be an array of jobs, named by the folder, and checks every minute', async () => {
    const path = join(folder, 'flow.json');
    writeFileSync(path, JSON.stringify([{ name: 'first', script: 'job.mjs', source: 'in', target: 'out' }]));

    expect(await readFlow(path)).toMatchObject({
      server: basename(folder),
      checkEveryMs: 60_000,
      jobs: [{ name: 'first', script: [process.execPath, join(folder, 'job.mjs')] }],
    });
  });

  test('names every place that is wrong', async () => {
    expect(
      await errorsOf({
        checkEveryMs: 500,
        jobs: [{ name: 'a', script: [], source: 'in', targets: 'out' }],
      }),
    ).toEqual([
      '  /checkEveryMs: must be >= 1000',
      '  /jobs/0: target is missing',
      '  /jobs/0: targets is not known; take it out or correct its name',
      '  /jobs/0/script: must be a script, or a list of a program and its first arguments',
    ]);
  });

  test.each([
    ['../in', 'out', '*', '../in is no folder within the folder of the flow'],
    ['in', 'in/', '*', 'in is source and target: the job would feed itself'],
    ['in', 'out', '*.*', '*.* must be a file name with at most one "*"'],
  ])('refuses source %p, target %p, files %p', async (source, target, files, error) => {
    expect(await errorsOf([{ name: 'a', script: 'x', source, target, files }])).toContainEqual(
      expect.stringContaining(error),
    );
  });

  test('takes no job with the name of the report, nor patterns that do not fit together', async () => {
    const merge = [
      { folder: 'x', files: 'a*.txt' },
      { folder: 'y', files: 'b.txt' },
    ];

    expect(await errorsOf([{ name: 'flow', script: 'x', source: merge, target: 'out' }])).toEqual([
      '  /jobs/0: "flow" is the task that reports the flow; name the job otherwise',
      '  /jobs/0: either all or none of its file names have a "*": by it files belong together',
    ]);
  });
});
