import { EventType, MAX_OUTPUT_BYTES, RETURNED } from '@cordyna/protocol/model';
import type { JsonObject } from '@cordyna/protocol/model';
import type { Member, Run, TaskRun, Update } from '../model/index.js';
import { exceeds, jsonBytes } from '../json/size.js';
import type { AppliedEntry, Draft } from './draft.js';
import { endAttempt, fail, ownError } from './fail.js';
import { findByInvocation, memberIndex, memberOf } from './lookup.js';
import { RowType } from './rows.js';
import { TABLE } from './table.js';
import type { Signal } from './table.js';

type Completion = Extract<Update, { report: 'completed' }>;
type Failure = Extract<Update, { report: 'error' }>;
type Line = Extract<Update, { report: 'progress' | 'log' }>;

const ROW_TYPES = {
  queued: RowType.taskQueued,
  started: RowType.taskStarted,
  completed: RowType.taskCompleted,
  error: RowType.taskError,
  progress: EventType.taskProgress,
  log: EventType.taskLog,
} as const;

/** What a task server reports of an attempt. */
export function update(draft: Draft, report: Update): void {
  const task = findByInvocation(draft.run, report.invocation);
  if (!report.leaseValid) return refuse(draft, task, report, 'the lease is not the one of this invocation');
  if (report.report === 'progress' || report.report === 'log')
    return draft.ignore('progress and log lines change no state');
  if (!task) return refuse(draft, task, report, notCurrent(draft.run, report));
  const mismatch = mismatchOf(draft.run, task, report);
  if (mismatch !== null) return refuse(draft, task, report, mismatch);
  const outcome = TABLE[task.state][signalOf(report, task)];
  if ('refused' in outcome)
    return refuse(draft, task, report, `${outcome.refused}: the task is ${task.state}`);
  if (report.report === 'completed') return complete(draft, task, report);
  if (report.report !== 'error') {
    accept(draft, task, report, saidAt(draft.now, report));
    return;
  }
  const { error, instance } = report;
  if (outcome.action === 'take-back') return takeBack(draft, task, report);
  fail(draft, task, { error, row: 'input', own: false, data: { instance } });
}

function refuse(draft: Draft, about: TaskRun | undefined, report: Update, reason: string): void {
  const { task, attempt } = report;
  const item = about?.item?.index ?? null;
  draft.refuse({ type: ROW_TYPES[report.report], task, item, attempt, data: said(report) }, reason);
}

type Said = AppliedEntry['data'];

function accept(
  draft: Draft,
  about: TaskRun,
  report: Update,
  data: Said,
  reason: string | null = null,
): void {
  const { task, attempt } = report;
  const { index } = about;
  const item = about.item ? about.item.index : null;
  draft.input({ type: ROW_TYPES[report.report], task, item, attempt, index, reason, data });
}

function signalOf(report: Exclude<Update, Line>, { state, instance, pastHolders }: TaskRun): Signal {
  const held = instance !== null && (state === 'queued' || state === 'started');
  const byAnother = held && report.instance !== instance;
  if (report.report === 'error' && report.error.code === RETURNED)
    return byAnother ? 'returned-by-another' : 'returned';
  const isAsFar = report.report === state || (report.report === 'queued' && state === 'started');
  // Said again, for it was sent twice: it must not take the attempt back from who holds it now.
  const isRepeated = pastHolders.some(
    (past) => past.instance === report.instance && (past.state === 'started' || past.state === report.report),
  );
  return byAnother && isAsFar && !isRepeated ? 'taken-over' : report.report;
}

/** What nearly all say, as the history keeps it: written out, for it is made twice for every task. */
function saidAt(now: number, report: Extract<Update, { report: 'queued' | 'started' }>) {
  const { invocation, instance } = report;
  return report.report === 'queued' && report.position !== undefined
    ? { now, invocation, instance, position: report.position }
    : { now, invocation, instance };
}

/** The report as the history keeps it, without the lease. */
function said(report: Update): object {
  const { invocation, instance } = report;
  if (report.report === 'completed') return { invocation, instance, output: report.output };
  if (report.report === 'error') return { invocation, instance, error: report.error };
  if (report.report === 'queued' && report.position !== undefined)
    return { invocation, instance, position: report.position };
  return { invocation, instance };
}

function notCurrent(run: Run, { invocation, task }: Update): string {
  const index = memberIndex(run.seed.plan, task);
  if (index === undefined) return `${task} is not in this run`;
  const { attempt, elements } = run.tasks.at(index);
  const present = elements ? 'of one of its elements' : `of ${task}, which is ${attempt}`;
  return `invocation ${invocation} is not the present attempt ${present}`;
}

function mismatchOf(run: Run, task: TaskRun, report: Update): string | null {
  const name = memberOf(run, task).task;
  if (report.task !== name) return `invocation ${report.invocation} is of ${name}, not of ${report.task}`;
  if (report.attempt !== task.attempt)
    return `invocation ${report.invocation} is attempt ${task.attempt}, not ${report.attempt}`;
  return null;
}

function complete(draft: Draft, task: TaskRun, report: Completion): void {
  const { output, invocation, instance } = report;
  const { now } = draft;
  const member = draft.member(task);
  const oversize = exceeds(output, MAX_OUTPUT_BYTES);
  const violations = oversize ? [tooLarge(output)] : violationsOf(draft, member, output);
  if (violations.length > 0) {
    const kept = oversize ? { now, invocation, instance } : { now, invocation, instance, output };
    accept(draft, task, report, { ...kept, violations }, 'the output is refused');
    const error = ownError('output_invalid', `the output is invalid: ${violations.join('; ')}`);
    return fail(draft, task, { error, row: 'row', own: true, data: { instance } });
  }
  accept(draft, task, report, { now, invocation, instance, output });
  endAttempt(draft, task, null);
  if (task.item !== null) return;
  draft.writeFreshness({ task: member.task, latest: { run: draft.run.seed.run, output } });
}

const tooLarge = (output: JsonObject): string =>
  `it has ${jsonBytes(output)} bytes as JSON, and at most ${MAX_OUTPUT_BYTES} are taken`;

const violationsOf = (draft: Draft, { outputSchema }: Member, output: JsonObject): readonly string[] =>
  outputSchema ? draft.world.validate(outputSchema, output) : [];

/** An invocation that was not begun comes back: it is invoked again at once, and does not count. */
function takeBack(draft: Draft, task: TaskRun, report: Failure): void {
  const { invocation, instance, error } = report;
  endAttempt(draft, task, null);
  const { now } = draft;
  accept(draft, task, report, { now, invocation, instance, error, final: false, counted: false });
  draft.queue.push(task.index);
}
