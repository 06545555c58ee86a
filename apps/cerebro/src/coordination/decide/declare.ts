import { cronErrors, declare, nextDue, withdraw, type TaskDefinition } from '@cordyna/engine';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { Schedule } from '../ports/index.js';
import type { WorkingSet } from '../working-set.js';
import type { Tools } from './context.js';
import { timingOf } from './timing.js';
import { deadLetterOf } from './dead-letter.js';

/** A server's declaration: in force as a whole, or refused as a whole with every error. */
export function decideDeclaration(
  inbound: Extract<Inbound, { kind: 'declare' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const { declaration, server, body } = inbound;
  const answer = { declaration, server, ...(inbound.version === null ? {} : { version: inbound.version }) };
  if (!body) {
    work.addMessage(tools.envelope.rejected({ ...answer, errors: inbound.errors }));
    return DONE;
  }
  const schemaErrors = (schema: Parameters<typeof tools.schemas.schemaErrors>[0]) =>
    tools.schemas.schemaErrors(schema);
  const result = declare(work.registry(), withDefaults(body, tools), { schemaErrors, cronErrors });
  if (!result.ok) {
    work.addMessage(tools.envelope.rejected({ ...answer, errors: result.errors }));
    return DONE;
  }
  if (result.changed) {
    const before = work.registry().servers.get(server)?.tasks ?? [];
    const change = {
      kind: 'declare',
      server: result.server,
      declaration: body,
      tasks: result.tasks,
    } as const;
    work.changeRegistry(result.registry, change);
    declareSchedules(before, result.server.tasks, work, tools.clock.now());
  }
  const { tasks, unresolved, warnings } = result;
  work.addMessage(tools.envelope.accepted({ ...answer, tasks, unresolved, warnings }));
  return DONE;
}

const withDefaults = (body: ServerDeclaration, { defaultTimeouts }: Tools): ServerDeclaration => ({
  ...body,
  tasks: body.tasks.map((task) => ({ ...task, timeouts: { ...defaultTimeouts, ...task.timeouts } })),
});

/** A tombstone: the server's tasks become unresolved and its schedules stop; what was invoked goes on. */
export function decideWithdrawal(
  { server, where }: Extract<Inbound, { kind: 'withdraw' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const before = work.registry().servers.get(server)?.tasks ?? [];
  const { registry, changed } = withdraw(work.registry(), server);
  if (!changed) {
    const detail = `a tombstone for ${server}, which is not declared, changes nothing`;
    work.addDeadLetter(deadLetterOf(where, 'no_value', detail));
    return DONE;
  }
  work.changeRegistry(registry, { kind: 'withdraw', server });
  declareSchedules(before, [], work, tools.clock.now());
  return DONE;
}

/** Schedules that a declaration may change: those of the tasks that it names, and of those it names no more. */
export function scheduledTasks(inbound: Inbound, declaredBefore: readonly TaskDefinition[]): string[] {
  if (inbound.kind !== 'declare' && inbound.kind !== 'withdraw') return [];
  const named = inbound.kind === 'declare' ? (inbound.body?.tasks ?? []) : [];
  const before = declaredBefore.filter(isScheduled).map(({ task }) => task);
  return [...new Set([...before, ...named.map(({ name }) => `${inbound.server}.${name}`)])];
}

const isScheduled = ({ everyMs, cron }: TaskDefinition): boolean => everyMs !== null || cron !== null;

function declareSchedules(
  before: readonly TaskDefinition[],
  after: readonly TaskDefinition[],
  work: WorkingSet,
  now: number,
): void {
  const kept = new Set(after.filter(isScheduled).map(({ task }) => task));
  for (const { task } of before) {
    const stored = work.schedule(task);
    if (stored?.value.active && !kept.has(task)) work.saveSchedule({ ...stored.value, active: false }, false);
  }
  for (const definition of after.filter(isScheduled)) declareSchedule(definition, work, now);
}

function declareSchedule(definition: TaskDefinition, work: WorkingSet, now: number): void {
  const { task, everyMs, cron, timezone } = definition;
  const stored = work.schedule(task);
  const same = stored && sameValue(stored.value, definition);
  if (same && stored.value.active) return;
  // The anchor stays as long as the value does, through re-declarations and withdrawals.
  const anchor = same ? stored.value.anchor : now;
  const value: Schedule = {
    schedule: task,
    task,
    everyMs,
    cron,
    timezone,
    anchor,
    nextDueAt: nextDue(timingOf({ everyMs, cron, timezone, anchor }), now),
    lastRun: stored?.value.lastRun ?? null,
    active: true,
  };
  work.saveSchedule(value, stored?.lastRunOpen ?? false);
}

const sameValue = (a: Schedule, b: TaskDefinition): boolean =>
  a.everyMs === b.everyMs && a.cron === b.cron && a.timezone === b.timezone;
