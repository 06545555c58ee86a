import {
  cronErrors,
  declarationFindings,
  declare,
  policyOf,
  withdraw,
  type DeclaredTiming,
  type Finding,
  type TaskDefinition,
} from '@cordyna/engine';
import { MAX_VALUE_BYTES, type DeclarationError, type ServerDeclaration } from '@cordyna/protocol/model';
import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import type { Tools } from './context.js';
import { detailsOf, saveDetails } from './schedules.js';
import { deadLetterOf } from './dead-letter.js';
import { notifyDependents } from './notify.js';
import { compilePattern } from './patterns.js';

/** A server's declaration: in force as a whole, or refused as a whole with every error. */
export function decideDeclaration(
  inbound: Extract<Inbound, { kind: 'declare' }>,
  work: WorkingSet,
  tools: Tools,
): Outcome {
  const { declaration, server, body } = inbound;
  const answer = { declaration, server, ...(inbound.version === null ? {} : { version: inbound.version }) };
  if (!body) {
    work.addMessage(tools.envelope.rejected({ ...answer, errors: shown(inbound.errors) }));
    return DONE;
  }
  const schemaErrors = (schema: Parameters<typeof tools.schemas.schemaErrors>[0]) =>
    tools.schemas.schemaErrors(schema);
  const result = declare(work.registry(), withDefaults(body, tools), { schemaErrors, cronErrors });
  const findings = findingsOf(body, work);
  const refusals = findings.filter(({ level }) => level === 'refuse').map(toError);
  if (!result.ok || refusals.length > 0) {
    const errors = shown([...(result.ok ? [] : result.errors), ...refusals]);
    work.addMessage(tools.envelope.rejected({ ...answer, errors }));
    return DONE;
  }
  const { tasks, unresolved } = result;
  const former = work.registry().servers.get(server);
  const told = [...findings.map(toWarning), ...(former?.notices ?? []), ...result.warnings];
  const accepted = { ...answer, tasks, unresolved, warnings: told.slice(0, MAX_SHOWN).map(cut) };
  if (Buffer.byteLength(JSON.stringify(accepted)) > MAX_ANSWER_BYTES) {
    const message = `the answer would be over ${MAX_ANSWER_BYTES} bytes: declare fewer tasks in one server`;
    work.addMessage(
      tools.envelope.rejected({ ...answer, errors: [{ code: 'too_large', path: '', message }] }),
    );
    return DONE;
  }
  if (result.changed) {
    const before = former?.tasks ?? [];
    const change = {
      kind: 'declare',
      server: result.server,
      declaration: body,
      tasks: result.tasks,
    } as const;
    work.changeRegistry(result.registry, change);
    notifyDependents(former, inbound.version, work, tools.clock.now());
    declareSchedules(before, result.server.tasks, work, tools.clock.now());
  }
  work.addMessage(tools.envelope.accepted(accepted));
  return DONE;
}

/** By the policy: of what the server sent, before defaults are filled in. */
function findingsOf(body: ServerDeclaration, work: WorkingSet): readonly Finding[] {
  const policy = policyOf(work.registry());
  return policy ? declarationFindings(policy, body, compilePattern) : [];
}

const toError = ({ path, message }: Finding): DeclarationError => ({ code: 'policy', path, message });
const toWarning = ({ path, message }: Finding): string => `${path} ${message}`;

/** What an answer may take of Kafka's value: the rest is for the envelope. */
const MAX_ANSWER_BYTES = MAX_VALUE_BYTES - 4 * 1024;
const MAX_SHOWN = 100;
const MAX_CHARACTERS = 4_000;

const cut = (text: string): string =>
  text.length <= MAX_CHARACTERS ? text : `${Buffer.from(text.slice(0, MAX_CHARACTERS)).toString()}…`;

/** An answer must fit in a message, however much is wrong. */
function shown(errors: readonly DeclarationError[]): readonly DeclarationError[] {
  const first = errors.slice(0, MAX_SHOWN).map((error) => ({ ...error, message: cut(error.message) }));
  const left = errors.length - first.length;
  if (left === 0) return first;
  return [...first, { code: 'more', path: '', message: `and ${left} more errors` }];
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
  const former = work.registry().servers.get(server);
  const before = former?.tasks ?? [];
  const { registry, changed } = withdraw(work.registry(), server);
  if (!changed) {
    const detail = `a tombstone for ${server}, which is not declared, changes nothing`;
    work.addDeadLetter(deadLetterOf(where, 'no_value', detail));
    return DONE;
  }
  work.changeRegistry(registry, { kind: 'withdraw', server });
  notifyDependents(former, former?.version ?? null, work, tools.clock.now());
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
    const details = detailsOf(task, work);
    if (details.isDeclared && !kept.has(task))
      saveDetails(task, { ...details, isDeclared: false }, work, now);
  }
  for (const definition of after.filter(isScheduled)) declareSchedule(definition, work, now);
}

function declareSchedule(definition: TaskDefinition, work: WorkingSet, now: number): void {
  const { task, everyMs, cron, timezone } = definition;
  const details = detailsOf(task, work);
  const same = details.declared !== null && sameValue(details.declared, definition);
  if (same && details.isDeclared) return;
  // The anchor stays as long as the value does, through re-declarations and withdrawals.
  const anchor = same ? (details.declared?.anchor ?? now) : now;
  const declared = { everyMs, cron, timezone, anchor };
  saveDetails(task, { ...details, declared, isDeclared: true }, work, now);
}

const sameValue = (a: DeclaredTiming, b: TaskDefinition): boolean =>
  a.everyMs === b.everyMs && a.cron === b.cron && a.timezone === b.timezone;
