import type { EventSetBody } from '@cordyna/protocol/model';
import type { ActiveRule, EventRef, EventSignal, WaitingEvent, WaitState } from './model.js';

/** An event waits no longer than that, in sets without a window too. */
export const MAX_WAIT_MS = 30 * 86_400_000;
/** So many events of one type wait in one set at most, for each value of its correlation key. */
export const MAX_WAITING_EVENTS = 1_000;

export interface Expired {
  readonly signal: string;
  readonly reason: string;
}

export type Matched =
  | {
      readonly outcome: 'waiting';
      readonly wait: WaitState;
      readonly reason: string;
      readonly expired: readonly Expired[];
    }
  | {
      readonly outcome: 'triggered';
      readonly wait: WaitState;
      /** Each used by this firing and by no other of the rule; the last one completed the set. */
      readonly events: readonly EventRef[];
      readonly expired: readonly Expired[];
    };

const typesOf = ({ events }: EventSetBody): readonly string[] => [...new Set(events)];

/** How many different types of the set complete it. */
export function neededOf(set: EventSetBody): number {
  if (set.atLeast !== undefined) return Math.min(set.atLeast, typesOf(set).length);
  return set.complete === 'any' ? 1 : typesOf(set).length;
}

/** Does one event complete the set, so that none ever waits in it? */
export const isCompleteAtOnce = (set: EventSetBody): boolean => neededOf(set) === 1;

/**
 * Adds an event to those that wait, or fires with it: with the oldest of each type that waits, as soon as there are enough
 * types. So one event completes at most one firing, and fewer types than needed wait afterwards.
 */
export function match(
  { set, revision }: ActiveRule,
  before: WaitState,
  signal: EventSignal,
  now: number,
): Matched {
  const { wait, expired } = expire(set, revision, before, now);
  const own: WaitingEvent = { signal: signal.signal, type: signal.type, at: now };
  const oldest = new Map<string, WaitingEvent>();
  for (const one of wait.waiting) if (!oldest.has(one.type)) oldest.set(one.type, one);
  const others = [...oldest.values()].filter(({ type }) => type !== signal.type);
  const first = oldest.get(signal.type);
  const needed = neededOf(set);
  // Of its own type none waits then: with it there were enough types before.
  if (others.length + 1 >= needed) {
    const used = [...others.slice(0, needed - 1), own];
    const gone = new Set(used.map((one) => one.signal));
    const left = wait.waiting.filter((one) => !gone.has(one.signal));
    const events = used.map(({ signal: id, type }) => ({ signal: id, type }));
    return { outcome: 'triggered', wait: { ...wait, waiting: left }, events, expired };
  }
  const crowded =
    wait.waiting.filter(({ type }) => type === signal.type).length >= MAX_WAITING_EVENTS && first;
  const kept = crowded ? wait.waiting.filter((one) => one !== first) : wait.waiting;
  const pushed = crowded
    ? [{ signal: crowded.signal, reason: `${MAX_WAITING_EVENTS} later ones of its type wait` }]
    : [];
  const missing = typesOf(set).filter((type) => type !== signal.type && !oldest.has(type));
  const more = needed - others.length - 1;
  const reason = `waits for ${more === missing.length ? '' : `${more} of `}${missing.join(', ')}`;
  return {
    outcome: 'waiting',
    wait: { ...wait, waiting: [...kept, own] },
    reason,
    expired: [...expired, ...pushed],
  };
}

/** Takes out what has waited for too long, and all of it when rule or set are others by now. */
export function expire(
  set: EventSetBody | null,
  revision: string,
  wait: WaitState,
  now: number,
): { readonly wait: WaitState; readonly expired: readonly Expired[] } {
  if (set === null || wait.revision !== revision) {
    const reason = set === null ? 'the rule is no more' : 'the rule or its event set was changed';
    return {
      wait: { ...wait, revision, waiting: [] },
      expired: wait.waiting.map(({ signal }) => ({ signal, reason })),
    };
  }
  const windowMs = set.windowMs ?? MAX_WAIT_MS;
  const isOver = ({ at }: WaitingEvent): boolean => at + windowMs < now;
  const over = wait.waiting.filter(isOver);
  if (over.length === 0) return { wait, expired: [] };
  const reason = `the set was not complete within ${windowMs} ms`;
  return {
    wait: { ...wait, waiting: wait.waiting.filter((one) => !isOver(one)) },
    expired: over.map(({ signal }) => ({ signal, reason })),
  };
}

/** When the first that waits has waited for too long, epoch ms; null when none waits. */
export function expiresAt(set: EventSetBody, { waiting }: WaitState): number | null {
  const [first] = waiting;
  return first ? first.at + (set.windowMs ?? MAX_WAIT_MS) + 1 : null;
}
