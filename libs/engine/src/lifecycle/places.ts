import type { JsonObject, JsonValue } from '@cordyna/protocol/model';
import type { Member, TaskRun } from '../model/index.js';
import type { Draft } from './draft.js';
import { freshnessOf } from './freshness.js';

/** Longer values of a key are told apart by a digest. */
const MAX_KEY = 100;

/** FNV-1a, 32 bits: http://www.isthe.com/chongo/tech/comp/fnv/ */
function digest(text: string): string {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at += 1) {
    hash ^= text.charCodeAt(at);
    hash = Math.imul(hash, 0x01000193);
  }
  return (hash >>> 0).toString(16);
}

function valueOf(value: JsonValue | undefined): string {
  const text = JSON.stringify(value ?? null);
  if (text.length <= MAX_KEY) return text;
  // Half a surrogate pair would not be stored as it is.
  const begin = text.slice(0, MAX_KEY).replace(/[\ud800-\udbff]$/, '');
  return `${begin}… ${text.length} ${digest(text)}`;
}

interface Place {
  readonly name: string;
  readonly max: number;
}

/** The places that an attempt with these arguments needs: the task's own, and those of its keys. */
const placesOf = (task: string, limits: NonNullable<Member['limits']>, args: JsonObject): readonly Place[] =>
  limits.map(({ max, key }) => ({
    name: key === undefined ? task : `${task} (${key}=${valueOf(args[key])})`,
    max,
  }));

/**
 * The place that a task run must wait for, since all are taken or an older run waits for it too; null when there is none.
 * What is taken is an aggregate of the task, compared by the commit: limits hold over all runs and coordinators.
 */
export function missingPlace(draft: Draft, { task, limits }: Member, args: JsonObject): string | null {
  if (!limits) return null;
  const taken = takenOf(draft, task);
  const missing = placesOf(task, limits, args).find(
    ({ name, max }) => (taken.get(name) ?? 0) >= max || draft.isBehind(name),
  );
  return missing?.name ?? null;
}

function takenOf(draft: Draft, task: string): ReadonlyMap<string, number> {
  draft.looked([task]);
  const holders = { ...freshnessOf(draft, task).holders, ...draft.written(task)?.holders };
  const taken = new Map<string, number>();
  for (const place of Object.values(holders).flatMap((places) => places ?? []))
    taken.set(place, (taken.get(place) ?? 0) + 1);
  return taken;
}

export function takePlaces(
  draft: Draft,
  { task, limits }: Member,
  args: JsonObject,
  invocation: string,
): void {
  if (!limits) return;
  const places = placesOf(task, limits, args).map(({ name }) => name);
  draft.writeFreshness({ task, holders: { [invocation]: places } });
}

const isGoingOn = ({ state, invocation }: TaskRun): boolean =>
  invocation !== null && (state === 'invoked' || state === 'queued' || state === 'started');

/** Gives back what an attempt held as soon as it has ended, however it ended. */
export function releasePlaces(draft: Draft, before: TaskRun, after: TaskRun): void {
  const { task, limits } = draft.member(after);
  if (!limits || before.invocation === null || !isGoingOn(before)) return;
  if (isGoingOn(after) && after.invocation === before.invocation) return;
  draft.writeFreshness({ task, holders: { [before.invocation]: null } });
}
