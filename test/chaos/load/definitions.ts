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

/** The description of what an edition changes. */
export const markOf = (edition: number): string => `edition ${edition}`;

const twin = (edition: number): JobBody => ({
  ...{ description: markOf(edition), args: { edition }, tasks: [{ task: 'a.note' }] },
});

/** Jobs, and a schedule that does not come due meanwhile, of files that were written for something else. */
export const IMPORTED = ['imported-1', 'imported-2'] as const;
export const IMPORTED_SCHEDULE = 'imported';

const pipeline = `
    description: \${MARK}
    config:
      dagAdjacency:
        first: [last]
      metadata: { maxRetry: 3, maxTtl: 60, queue: slow }
      taskDefinitions:
        first: { handler: a.workers.note }
        last: { handler: c.workers.ship }`;

/** A `sermos.yaml`; \`MARK\` is to be given with it. */
export const SERMOS = `
pipelines:${IMPORTED.map((name) => `\n  ${name}:${pipeline}`).join('')}
scheduledTasks:
  ${IMPORTED_SCHEDULE}:
    enabled: \${ENABLED:true}
    config:
      scheduleType: interval
      schedule: { every: 12, period: hours }
      task: a.workers.note
`;

/** What makes a whole file void when it stands at its end: a rule that has nothing to do. */
export const FLAW = 'rules: { idle: { eventSet: ready, activity: {} } }\n';

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
