import fc from 'fast-check';
import type { JsonObject, ServerDeclaration, TaskDeclaration } from '@cordyna/protocol/model';
import type { Input, Run, TaskRun, Update } from '../model/index.js';

const SERVERS = ['server-a', 'server-b', 'server-c'] as const;

/** Declarations of an acyclic graph over three servers: a task depends only on tasks that come before it. */
export const declarations = (maxTasks = 12): fc.Arbitrary<readonly ServerDeclaration[]> =>
  fc
    .array(
      fc.record({
        server: fc.constantFrom(...SERVERS),
        edges: fc.array(fc.nat(maxTasks), { maxLength: 3 }),
        forEach: fc.option(fc.nat(maxTasks), { freq: 4 }),
        elements: fc.constantFrom({}, { concurrency: 1 }, { concurrency: 2, onError: 'continue' as const }),
        maxAttempts: fc.integer({ min: 1, max: 3 }),
      }),
      { minLength: 1, maxLength: maxTasks },
    )
    .map((drafts) => {
      const nameOf = (at: number): string => `${drafts[at]?.server}.t${at}`;
      const tasks = drafts.map(({ server, edges, forEach, elements, maxAttempts }, at) => {
        const earlier = (edge: number): string => nameOf(edge % at);
        const task: TaskDeclaration = {
          name: `t${at}`,
          dependsOn: at === 0 ? [] : [...new Set(edges.map(earlier))],
          ...(forEach === null || at === 0 ? {} : { forEach: earlier(forEach), ...elements }),
          retry: { maxAttempts, backoffMs: 10 },
        };
        return { server, task };
      });
      return SERVERS.map((server) => ({
        server,
        tasks: tasks.filter((entry) => entry.server === server).map(({ task }) => task),
      }));
    });

/** Numbers that `inputOf` turns into an input that means something to the run it meets. */
export interface Move {
  readonly kind: number;
  readonly target: number;
  readonly flavour: number;
}
export const moves = (maxLength = 40): fc.Arbitrary<readonly Move[]> =>
  fc.array(fc.record({ kind: fc.nat(19), target: fc.nat(99), flavour: fc.nat(5) }), { maxLength });

const OUTPUTS: readonly JsonObject[] = [
  {},
  { items: [] },
  { items: [1, 'two', { three: 3 }], rest: true },
  { items: 'none' },
  { value: 1 },
  { items: [1] },
];
const ERRORS = [
  { code: 'broken', message: 'it broke' },
  { code: 'broken', message: 'for good', retryable: false },
  { code: 'returned', message: 'not begun' },
] as const;
const KINDS = ['ack', 'start', 'complete'] as const;

/** An input for this run: mostly one that fits a task run, sometimes a stale, foreign or forged one. */
export function inputOf(run: Run, { kind, target, flavour }: Move, now: number): Input {
  const going = [...run.tasks].filter(({ state }) => ['invoked', 'queued', 'started'].includes(state));
  const pool = going.length > 0 && kind % 5 !== 4 ? going : [...run.tasks];
  const task = pool[target % pool.length] as TaskRun;
  const invocation = flavour === 5 && kind > 14 ? 'no-such-invocation' : (task.invocation ?? 'none');
  if (kind === 14) return { kind: 'published', invocation };
  if (kind === 15) {
    const deadline = task.deadlineKind ?? KINDS[flavour % 3] ?? 'ack';
    const watermark = (task.deadlineAt ?? now) + (flavour % 2 === 0 ? 1 : 0);
    return { kind: 'deadline', invocation, deadline, watermark };
  }
  if (kind === 16) return { kind: 'server-lost', invocation, instance: flavour < 4 ? 'i-1' : 'i-2' };
  if (kind === 17) return { kind: 'capacity' };
  if (kind === 18)
    return flavour === 0 ? { kind: 'cancel', reason: 'enough' } : { kind: 'withdrawn', server: 'server-b' };
  if (kind === 19) return flavour < 3 ? { kind: 'retry' } : { kind: 'retry-due' };
  return updateOf(run, task, { kind, target, flavour });
}

function updateOf(run: Run, task: TaskRun, { kind, target, flavour }: Move): Update {
  const name = run.seed.plan.members[task.member]?.task ?? '';
  const identity = {
    kind: 'update',
    invocation: task.invocation ?? 'none',
    task: flavour === 4 && target % 7 === 0 ? 'server-x.other' : name,
    attempt: flavour === 3 && target % 7 === 0 ? task.attempt + 1 : task.attempt,
    leaseValid: target % 11 !== 10,
    instance: target % 3 === 0 ? 'i-2' : 'i-1',
  } as const;
  if (kind < 2) return { ...identity, report: 'queued', position: flavour };
  if (kind < 5) return { ...identity, report: 'started' };
  if (kind < 10) return { ...identity, report: 'completed', output: OUTPUTS[flavour] ?? {} };
  return { ...identity, report: 'error', error: ERRORS[flavour % 3] ?? ERRORS[0] };
}
