import type { EventSetBody, JobBody, RuleBody, ScheduleBody } from '@cordyna/protocol/model';

export const PAID = 'order.paid';
export const PACKED = 'order.packed';
/** A schedule that is changed again and again, and one that is paused. */
export const CHANGED = 'changed';
export const PAUSED = 'paused';
/** Jobs that a file always defines alike. */
export const TWINS = ['twin-1', 'twin-2'] as const;
const SHIPPED = 'order.shipped';
const OFTEN = 1_000_000;
const PAUSED_EVERY_MS = 1_300;

export const EVENT_SETS: Readonly<Record<string, EventSetBody>> = {
  ready: { events: [PAID, PACKED], correlate: '/order' },
  pair: { events: [PAID, PACKED, 'order.lost'], atLeast: 2 },
  shipped: { events: [SHIPPED], complete: 'any' },
};

export const RULES: Readonly<Record<string, RuleBody>> = {
  ship: {
    ...{ eventSet: 'ready', triggering: 'shipped', attempts: 3, firingsPerMinute: OFTEN },
    activity: { task: 'c.ship', scope: 'task', eventsAs: 'events' },
  },
  count: { eventSet: 'pair', activity: { cmd: '__auto_trigger__' }, firingsPerMinute: OFTEN },
  archive: { eventSet: 'shipped', activity: { cmd: '__auto_trigger__' }, firingsPerMinute: OFTEN },
};

const twin = (edition: number): JobBody => ({ args: { edition }, tasks: [{ task: 'a.note' }] });

/** The n-th edition of what the installation is defined by, as the text of a cordyna.yaml; JSON is YAML. */
export const fileOf = (edition: number): string =>
  JSON.stringify({
    jobs: Object.fromEntries(TWINS.map((name) => [name, twin(edition)])),
    schedules: { [PAUSED]: { task: 'a.note', scope: 'task', everyMs: PAUSED_EVERY_MS } },
    eventSets: EVENT_SETS,
    rules: RULES,
  });

/** Due at whole multiples of it since 1970, whenever it was accepted. */
export const every = (everyMs: number, overlap: 'skip' | 'allow'): ScheduleBody => ({
  ...{ task: 'a.note', scope: 'task', everyMs, overlap, startsAt: new Date(0).toISOString() },
});
