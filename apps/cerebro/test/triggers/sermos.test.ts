import { describe, expect, test } from '@jest/globals';
import { dueBetween } from '@cordyna/engine';
import type { SermosOptions } from '../../src/coordination/index.js';
import { CordynaYaml } from '../../src/triggers/index.js';

const format = new CordynaYaml();
const NOTHING = { handlers: {}, environment: {} };
const imported = (text: string, options: Partial<SermosOptions> = {}) => {
  const { file, notes } = format.importSermos(text, { ...NOTHING, ...options });
  const { changes } = format.read(file);
  return {
    bodies: Object.fromEntries(changes.map(({ kind, name, body }) => [`${kind} ${name}`, body])),
    notes: notes.map(({ kind, line, path, message }) => `${line} ${kind} ${path} ${message}`),
  };
};

const whole = `imageConfig:
  - name: public-image
    registryPassword: \${SECRET}
pipelines:
  demo-pipeline:
    name: Demo
    description: Demo \${STAGE:of a} pipeline
    schemaVersion: 1
    config:
      dagAdjacency:
        node_a:
          - node_b
          - node_c
        node_b: [node_d]
        node_c: [node_d]
      metadata:
        maxRetry: 3
        maxTtl: \${TTL:60}
        queue: default-task-queue
      taskDefinitions:
        node_a:
          handler: shop.workers.demo.first
        node_b:
          handler: shop.workers.demo.second
          queue: node-b-queue
        node_c:
          handler: shop.workers.demo.third
        node_d:
          handler: legacy.Workers.Last
scheduledTasks:
  demo-task:
    name: Demo task
    enabled: \${ENABLED:true}
    schemaVersion: 1
    config:
      scheduleType: interval
      task: shop.workers.demo.first
      queue: default-task-queue
      schedule: { every: 2, period: minutes }
  Nightly:
    enabled: true
    config:
      scheduleType: crontab
      task: shop.workers.demo.second
      schedule: { minute: 30, hour: "*/2", dayOfWeek: 1-5, dayOfMonth: "*", monthOfYear: "*" }
  old:
    enabled: false
    config: { scheduleType: interval, task: shop.workers.demo.first, schedule: { every: 1, period: days } }
`;

describe('a sermos.yaml', () => {
  test('becomes jobs and schedules, with a note on everything that is not in them', () => {
    const handlers = { 'legacy.Workers.Last': 'archive.last' };
    const { bodies, notes } = imported(whole, { handlers, environment: { STAGE: 'our' } });
    const limits = { retry: { maxAttempts: 4 }, timeouts: { completeMs: 60_000 } };
    expect(bodies).toEqual({
      'job demo-pipeline': {
        description: 'Demo our pipeline',
        tasks: [
          { task: 'shop.first', dependsOn: [], ...limits },
          { task: 'shop.second', dependsOn: ['shop.first'], ...limits },
          { task: 'shop.third', dependsOn: ['shop.first'], ...limits },
          { task: 'archive.last', dependsOn: ['shop.second', 'shop.third'], ...limits },
        ],
      },
      'schedule demo-task': {
        ...{ description: 'Demo task', task: 'shop.first', scope: 'task', everyMs: 120_000 },
      },
      'schedule nightly': { task: 'shop.second', scope: 'task', cron: '30 */2 * * 1-5' },
    });
    const queue = 'has no counterpart: each task server has a queue of its own';
    expect(notes).toEqual([
      '1 dropped /imageConfig has no counterpart',
      '8 dropped /pipelines/demo-pipeline/schemaVersion has no counterpart',
      `25 dropped /pipelines/demo-pipeline/config/taskDefinitions/node_b/queue ${queue}`,
      `19 dropped /pipelines/demo-pipeline/config/metadata/queue ${queue}`,
      '6 dropped /pipelines/demo-pipeline/name has no counterpart beside the description',
      '34 dropped /scheduledTasks/demo-task/schemaVersion has no counterpart',
      `38 dropped /scheduledTasks/demo-task/config/queue ${queue}`,
      '40 changed /scheduledTasks/Nightly is named nightly',
      '46 dropped /scheduledTasks/old is not enabled',
    ]);
  });

  const pipeline = (config: string) => `pipelines:\n  p:\n    config:\n${config.replaceAll(/^/gm, '      ')}`;
  const task = (config: string) => `scheduledTasks:\n  t:\n    config: ${config}`;
  test.each<[string, string, RegExp[]]>([
    ['no graph', pipeline('taskDefinitions: {}'), [/dagAdjacency must be an object/]],
    ['a graph that is none', pipeline('dagAdjacency: { a: b }'), [/dagAdjacency\/a must be a list/]],
    [
      'a node without a task',
      pipeline('dagAdjacency: { a: [b] }\ntaskDefinitions: { a: { handler: x.m.a } }'),
      [/the node b of dagAdjacency is not defined/],
    ],
    [
      'two nodes of one task',
      pipeline('dagAdjacency: { a: [b] }\ntaskDefinitions: { a: { handler: x.m.t }, b: { handler: x.n.t } }'),
      [/b and a are both x\.t/],
    ],
    [
      'a handler without a task',
      pipeline('dagAdjacency: { a: }\ntaskDefinitions: { a: { handler: Main } }'),
      [/Main gives no name of a task/],
    ],
    [
      'a variable that is not given',
      pipeline('dagAdjacency: { a: }\ntaskDefinitions: { a: { handler: "${PACKAGE}.a" } }'),
      [/\$\{PACKAGE\} has no default/],
    ],
    [
      'a period that is none',
      task('{ scheduleType: interval, task: a.b, schedule: { every: 1, period: weeks } }'),
      [/period must be one of/],
    ],
    [
      'less than a millisecond',
      task('{ scheduleType: interval, task: a.b, schedule: { every: 5, period: microseconds } }'),
      [/no whole number of milliseconds/],
    ],
    [
      'a node whose variable is not given',
      pipeline('dagAdjacency: { a: ["${NODE}"] }\ntaskDefinitions: { a: { handler: x.m.a } }'),
      [/\/a\/0 \$\{NODE\} has no default/],
    ],
    ['another type', task('{ scheduleType: solar, task: a.b, schedule: {} }'), [/solar is unknown/]],
    [
      'a pattern that is none',
      task('{ scheduleType: crontab, task: a.b, schedule: { minute: 99 } }'),
      [/\/t /],
    ],
    ['what is no object', 'pipelines: 7', [/\/pipelines must be an object/]],
  ])('with %s loses that part, and says so', (_, text, notes) => {
    const found = imported(text);
    expect(found.bodies).toEqual({});
    expect(found.notes).toEqual(notes.map((note) => expect.stringMatching(note)));
    expect(found.notes.every((note) => note.includes('dropped'))).toBe(true);
  });

  test('fills in and reads what YAML has as a text', () => {
    const text = task(
      '{ scheduleType: "${KIND}", task: a.b, schedule: { every: "${N:3}", period: seconds } }',
    );
    const { bodies, notes } = imported(text, { environment: { KIND: 'interval' } });
    expect(notes).toEqual([]);
    expect(bodies).toEqual({ 'schedule t': { task: 'a.b', scope: 'task', everyMs: 3_000 } });
  });

  test('fills in the names of nodes, wherever they stand', () => {
    const graph = '"${FIRST:a}": ["${STAGE}-b", c], "${STAGE}-b": [c]';
    const handlers = 'a: { handler: x.m.a }, "${STAGE}-b": { handler: x.m.b }, c: { handler: x.m.c }';
    const text = pipeline(`dagAdjacency: { ${graph} }\ntaskDefinitions: { ${handlers} }`);
    const { bodies, notes } = imported(text, { environment: { STAGE: 'our' } });
    expect(notes).toEqual([]);
    expect(bodies).toEqual({
      'job p': {
        tasks: [
          { task: 'x.a', dependsOn: [] },
          { task: 'x.b', dependsOn: ['x.a'] },
          { task: 'x.c', dependsOn: ['x.a', 'x.b'] },
        ],
      },
    });
  });

  // Celery, docs of crontab schedules: the task runs when all fields fit.
  test.each([
    ['{ minute: 0, hour: 0, dayOfMonth: 1-7, dayOfWeek: mon }', '0 0 1-7 * +mon', ['02', '07']],
    ['{ minute: 0, hour: 0, dayOfMonth: 2 }', '0 0 2 * *', ['02', '02']],
    ['{ minute: 0, hour: 0, dayOfWeek: "1,3" }', '0 0 * * 1,3', ['02', '04']],
  ])('of the crontab %s both days must fit: %s', (schedule, cron, days) => {
    const { bodies } = imported(task(`{ scheduleType: crontab, task: a.b, schedule: ${schedule} }`));
    expect(bodies).toMatchObject({ 'schedule t': { cron } });
    const due = dueBetween({ cron, timezone: 'UTC' }, Date.parse('2026-11-01T12:00Z'), Infinity, 2);
    expect(due.map((at) => new Date(at).toISOString().slice(8, 10))).toEqual(days);
  });
});
