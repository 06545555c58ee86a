import { describe, expect, test } from '@jest/globals';
import { planJob, planTask } from '@cordyna/engine';
import type { Plan, PlanResult } from '@cordyna/engine';
import { RunDriver, TestWorld, declarationOf, registryWith, seedFor } from '@cordyna/engine/testing';

const planOf = (result: PlanResult): Plan => {
  if (!result.ok) throw new Error(JSON.stringify(result.errors));
  return result.plan;
};
const shape = (plan: Plan) =>
  plan.members.map(({ task, upstream, downstream, outside }) => [task, upstream, downstream, outside]);

const registry = registryWith(
  declarationOf('a', ['top', 'left: top', 'right: top', 'aside']),
  declarationOf('b', [
    'bottom: a.right a.left c.elsewhere',
    { name: 'each', forEach: 'bottom', dependsOn: ['a.aside'] },
    'nobody: x.y',
  ]),
);

describe('the plan of a task', () => {
  test('holds all that lies downstream of it, in an order that follows the dependencies', () => {
    const plan = planOf(planTask(registry, 'a.top', 'downstream'));
    expect(plan.outsideRule).toBe('fresh');
    expect(shape(plan)).toEqual([
      ['a.top', [], [1, 2], []],
      ['a.left', [0], [3], []],
      ['a.right', [0], [3], []],
      ['b.bottom', [2, 1], [4], ['c.elsewhere']],
      ['b.each', [3], [], ['a.aside']],
    ]);
    expect(plan.members[4]).toMatchObject({
      index: 4,
      forEach: 'b.bottom',
      dependencies: ['a.aside', 'b.bottom'],
    });
  });

  test('from the middle leaves what is above outside', () => {
    expect(shape(planOf(planTask(registry, 'a.left', 'downstream')))).toEqual([
      ['a.left', [], [1], ['a.top']],
      ['b.bottom', [0], [2], ['a.right', 'c.elsewhere']],
      ['b.each', [1], [], ['a.aside']],
    ]);
  });

  test('with scope task holds it alone, with latest outputs', () => {
    const plan = planOf(planTask(registry, 'b.bottom', 'task'));
    expect(plan.outsideRule).toBe('latest');
    expect(shape(plan)).toEqual([['b.bottom', [], [], ['a.right', 'a.left', 'c.elsewhere']]]);
  });

  test.each(['x.y', 'b.none', ''])('of a task that nobody declares cannot be made: %s', (task) => {
    expect(planTask(registry, task, 'downstream')).toEqual({
      ok: false,
      errors: [
        {
          code: 'unknown_task',
          path: '/task',
          message: `no server declares the task ${task}: declare it or correct the name`,
        },
      ],
    });
  });
});

describe('the plan of a job', () => {
  const jobs = [
    {
      name: 'own',
      args: { day: 'monday' },
      tasks: [
        { task: 'b.bottom', dependsOn: ['a.top'], args: { only: 1 } },
        { task: 'a.top' },
        { task: 'a.left' },
      ],
    },
    { name: 'aside', tasks: [{ task: 'a.left', dependsOn: ['b.bottom'] }] },
    { name: 'free', tasks: [{ task: 'b.bottom', dependsOn: [] }, { task: 'a.left' }] },
    { name: 'broken', tasks: [{ task: 'a.top' }, { task: 'x.gone' }, { task: 'x.too' }] },
  ];
  const withJobs = registryWith(
    ...[...registry.servers.values()].map(({ server, tasks }) => ({
      server,
      tasks: tasks.map(({ task, dependsOn, forEach }) => ({
        name: task.slice(server.length + 1),
        dependsOn,
        ...(forEach === null ? {} : { forEach }),
      })),
    })),
    declarationOf('j', [], jobs),
  );

  test('has an entry’s own edges if given, else the declared ones among its members', () => {
    const plan = planOf(planJob(withJobs, 'j.own'));
    expect(plan.outsideRule).toBe('latest');
    expect(shape(plan)).toEqual([
      ['b.bottom', [1], [], ['a.right', 'a.left', 'c.elsewhere']],
      ['a.top', [], [0, 2], []],
      ['a.left', [1], [], []],
    ]);
    expect(plan.members[0]).toMatchObject({
      jobTaskArgs: { only: 1 },
      dependencies: ['a.right', 'a.left', 'c.elsewhere', 'a.top'],
    });
    expect(shape(planOf(planJob(withJobs, 'j.free')))).toEqual([
      ['b.bottom', [], [], ['a.right', 'a.left', 'c.elsewhere']],
      ['a.left', [], [], ['a.top']],
    ]);
    expect(shape(planOf(planJob(withJobs, 'j.aside')))).toEqual([['a.left', [], [], ['a.top', 'b.bottom']]]);
  });

  test('waits for members, and gives the latest outputs of what is outside without waiting', () => {
    const world = new TestWorld();
    world.complete('a.right', 'earlier', { right: 1 });
    const driver = new RunDriver(seedFor(withJobs, { job: 'j.own' }), world);
    expect(driver.states()).toEqual({ 'b.bottom': 'pending', 'a.top': 'invoked', 'a.left': 'pending' });
    driver.completed('a.top', { top: 1 });
    expect(driver.commands.at(-2)).toMatchObject({
      data: {
        task: 'b.bottom',
        args: { day: 'monday', only: 1, right: 1, top: 1 },
        inputs: { 'a.right': { right: 1 }, 'a.top': { top: 1 } },
      },
    });
    expect(driver.last.freshness).toEqual([{ task: 'a.top', latest: { run: 'run-1', output: { top: 1 } } }]);
    expect(driver.last.read).toEqual(['a.right', 'a.left', 'c.elsewhere']);
  });

  test('of a job that no server declares can be made from its definition', () => {
    const definition = {
      job: 'adhoc',
      name: 'adhoc',
      args: {},
      tasks: [{ task: 'a.left' }, { task: 'a.top' }],
    };
    expect(shape(planOf(planJob(withJobs, definition)))).toEqual([
      ['a.left', [1], [], []],
      ['a.top', [], [0], []],
    ]);
  });

  test('cannot be made when a member is declared by nobody, or the job is unknown', () => {
    const message = (task: string) =>
      `no server declares ${task}, a member of the job j.broken: declare it or take it out`;
    expect(planJob(withJobs, 'j.broken')).toEqual({
      ok: false,
      errors: [
        { code: 'unknown_task', path: '/job', message: message('x.gone') },
        { code: 'unknown_task', path: '/job', message: message('x.too') },
      ],
    });
    expect(planJob(withJobs, 'j.none')).toEqual({
      ok: false,
      errors: [
        {
          code: 'unknown_job',
          path: '/job',
          message: 'there is no job j.none: declare it or correct the name',
        },
      ],
    });
  });
});
