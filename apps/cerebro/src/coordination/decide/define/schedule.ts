import {
  isDeclaredSchedule,
  sameJson,
  scheduleBodyErrors,
  type Definition,
  type Registry,
} from '@cordyna/engine';
import type { JsonObject, ScheduleBody } from '@cordyna/protocol/model';
import type { ChangedBy, DefinitionChange, DefinitionResult } from '../../definitions/changes.js';
import type { ScheduleDetails } from '../../ports/index.js';
import type { WorkingSet } from '../../working-set.js';
import { saveDetails } from '../schedules.js';
import type { Problem } from './problem.js';

export interface ScheduleChange {
  readonly problems: readonly Problem[];
  readonly result: DefinitionResult;
  /** What the schedule is made of after it. */
  readonly details: ScheduleDetails;
  /** Its version after it, as the registry has it. */
  readonly definition: Definition;
  readonly apply: (work: WorkingSet, registry: Registry) => void;
}

/**
 * A schedule that no task declares, or an override of one that a task does: `remove` takes the override away, and the
 * declared one is in force again. A schedule is an aggregate of its own, since it changes with every firing.
 */
export function changeSchedule(
  change: DefinitionChange,
  { author, reason }: ChangedBy,
  registry: Registry,
  before: ScheduleDetails,
  now: number,
): ScheduleChange {
  const { name, action, body, path } = change;
  const isOverride = isDeclaredSchedule(name);
  const wanted = action === 'remove' ? null : (body as unknown as ScheduleBody);
  const changed = !sameJson(before.body, wanted);
  const by = { author, reason };
  const details = changed ? changedDetails(before, wanted, by, isOverride, now) : before;
  const { revision } = details;
  const kind = action === 'remove' ? 'removed' : before.body === null ? 'created' : 'changed';
  const outcome = changed ? kind : 'unchanged';
  const was = before.body as unknown as JsonObject | null;
  const result: DefinitionResult = {
    ...{ kind: 'schedule', name, outcome, version: revision, before: was, warnings: [] },
  };
  const definition: Definition = { kind: 'schedule', name, version: revision, body: wanted && body };
  const problem = preconditionOf(change, before, isOverride);
  if (problem) return { problems: [problem], result, details: before, definition, apply: () => undefined };
  const unsigned = isOverride && wanted !== null ? unsignedErrors(by) : [];
  const wrong =
    wanted === null ? [] : scheduleBodyErrors(registry, { schedule: name, ...details, body: wanted });
  const problems = [...unsigned, ...wrong].map((error) => ({
    ...{ code: 'invalid_definition' as const, path: `${path}${error.path}`, message: error.message },
  }));
  const apply = (work: WorkingSet, next: Registry): void => {
    if (!changed) return;
    saveDetails(name, details, work, now);
    work.changeRegistry(next, { kind: 'define', definition, ...by });
  };
  return { problems, result, details, definition, apply };
}

function changedDetails(
  before: ScheduleDetails,
  body: ScheduleBody | null,
  { author, reason }: ChangedBy,
  isOverride: boolean,
  now: number,
): ScheduleDetails {
  const sameInterval = body?.everyMs !== undefined && body.everyMs === before.body?.everyMs;
  const isGone = body === null && !isOverride;
  return {
    ...before,
    body,
    bodyAnchor: sameInterval ? before.bodyAnchor : now,
    by: body === null ? null : { author, reason, at: now },
    paused: isGone ? null : before.paused,
    waiting: isGone ? [] : before.waiting,
    revision: before.revision + 1,
  };
}

/** The team that declares the schedule must be able to see who overrides it, and why. */
const unsignedErrors = ({ author, reason }: ChangedBy) => [
  ...(author === null ? [{ path: '/author', message: 'is required to override a declared schedule' }] : []),
  ...(reason === null ? [{ path: '/reason', message: 'is required to override a declared schedule' }] : []),
];

function preconditionOf(
  { name, action, expectedVersion, path }: DefinitionChange,
  { body, revision }: ScheduleDetails,
  isOverride: boolean,
): Problem | null {
  const what = isOverride ? `override of ${name}` : `schedule ${name}`;
  if (action === 'create' && body !== null)
    return { code: 'definition_exists', path, message: `the ${what} exists, in version ${revision}` };
  if (action === 'remove' && body === null)
    return { code: 'unknown_definition', path, message: `there is no ${what}` };
  const version = body === null ? 0 : revision;
  if (expectedVersion !== undefined && expectedVersion !== version)
    return { code: 'version_conflict', path, message: `version ${version} of the ${what} is in force` };
  return null;
}
