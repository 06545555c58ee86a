import { EventType } from '@cordyna/protocol/model';
import type { Evidence, LogRecord, StoredRun } from './evidence.js';
import type { Defined, Happened, StoredDefinition } from './happened.js';
import { BEGAN, finished, FIRING, invoke, record, rows, runWith, SOUND } from './made-up.js';
import { FANS_ALLOWED, FANS_REFUSED } from './made-up-fans.js';
import type { Invariant } from './verdict.js';

type Changed = Partial<Evidence>;
type Case = readonly [Invariant, string, Changed];

const happened = (more: Partial<Happened>): Changed => ({ happened: { ...SOUND.happened, ...more } });
const defined = (more: Partial<Defined>): Changed => ({ defined: { ...SOUND.defined, ...more } });
const version = (name: string, of: number, change: Partial<StoredDefinition>): Changed =>
  defined({
    versions: SOUND.defined.versions.map((one) =>
      one.name === name && one.version === of ? { ...one, ...change } : one,
    ),
  });
const { ledger, uses, firings } = SOUND.happened;
const again = { ...FIRING, firing: 'f-2', run: 'run-3' };
const firing = (change: Partial<typeof FIRING>): Changed => happened({ firings: [{ ...FIRING, ...change }] });

const EVENTS: readonly Case[] = [
  ['I11', 'an event that was taken in is in no ledger', happened({ ledger: ledger.slice(0, 2) })],
  [
    'I11',
    'an event is in the ledger twice',
    happened({ ledger: [...ledger, { ...ledger[2]!, signal: 's-4' }] }),
  ],
  ['I11', 'nobody told of an event', happened({ accepted: SOUND.happened.accepted.slice(1) })],
  [
    'I11',
    'an event was never looked at',
    happened({ ledger: ledger.map((row) => ({ ...row, outcome: 'pending' })) }),
  ],
  ['I11', 'an event is used by two firings of a rule', happened({ firings: [...firings, again] })],
  [
    'I11',
    'the ledger says that an event was used which was not',
    happened({ uses: uses.map((use) => ({ ...use, outcome: 'triggered', firing: 'f-1' })) }),
  ],
  ['I11', 'a complete set is left waiting', { ...happened({ firings: [] }), runs: SOUND.runs.slice(0, 2) }],
  ['I11', 'a rule fired for half of its set', firing({ events: FIRING.events.slice(1) })],
  [
    'I11',
    'a rule joined events of different orders',
    firing({ events: [...FIRING.events.slice(1), { signal: 's-3', type: 'paid' }] }),
  ],
  ['I11', 'a firing has not ended', firing({ state: 'running' })],
  ['I11', 'a firing has two runs', { runs: [...SOUND.runs, { ...SOUND.runs[2]!, run: 'run-9' }] }],
  ['I11', 'a firing has lost its run', { runs: SOUND.runs.filter(({ run }) => run !== 'run-3') }],
  [
    'I11',
    'an event was raised by nobody',
    happened({
      ledger: [...ledger, { ...ledger[2]!, signal: 's-4', source: '/cerebro/rules/ship', id: 'f-9/paid' }],
    }),
  ],
  [
    'I11',
    'a firing raised no event',
    happened({ rules: { ship: { ...SOUND.happened.rules['ship']!, triggering: 'ready' } } }),
  ],
  ['I11', 'a rule began more often than it may', firing({ attempt: 2 })],
];

const due = (ms: number): Changed => ({
  firings: [
    ...SOUND.firings,
    { schedule: 'often', scheduledForMs: BEGAN + ms, outcome: 'missed', run: null },
  ],
});
const left = SOUND.defined.versions[0]!;
const DEFINITIONS: readonly Case[] = [
  ['I14', 'a version is left out', version('left', 1, { version: 2 })],
  ['I14', 'a version changes nothing', version('often', 2, { body: SOUND.defined.versions[2]!.body })],
  ['I14', 'half of a file was applied', version('right', 1, { body: { description: 'another' } })],
  ['I14', 'a file that was answered is not there', version('left', 1, { body: { description: 'third' } })],
  [
    'I14',
    'what a file was answered to have made is not there',
    defined({ files: [{ ...SOUND.defined.files[0]!, changes: [] }] }),
  ],
  [
    'I14',
    'a file that was refused is in force',
    defined({
      versions: [...SOUND.defined.versions, { ...left, version: 2, body: { description: 'second' } }],
    }),
  ],
  ['I14', 'a schedule fired when it was not due', due(32_500)],
  ['I14', 'a schedule fired by a version that was not in force any more', due(100_000)],
  ['I14', 'a due time of a changed schedule was left out', due(33_000)],
];

/** A run of a task that one at a time may do, in each region: at work for 200 ms. */
function narrow(run: string, fromMs: number): StoredRun {
  const about = { task: 'b.narrow', attempt: 1, data: { invocation: `of ${run}` } };
  const types = [EventType.taskInvoked, EventType.taskStarted, EventType.taskCompleted];
  const history = rows(
    { type: EventType.runCreated },
    ...types.map((type, at) => ({ ...about, type, recordedMs: BEGAN + fromMs + at * 200 })),
    finished('completed'),
  );
  return runWith(history, { run, tasks: [] });
}

function narrowed(afterMs: number, regions: readonly [string, string]): Changed {
  const tasks = [{ name: 'narrow', limits: [{ max: 1, key: 'region' }] }];
  const data = { server: 'b', tasks };
  const invokes = regions.map((region, at) => {
    const { data: sent, ...event } = invoke(`of run-${at + 5}`, 'b.narrow') as { data: object };
    return record('commands.b', at, { ...event, data: { ...sent, args: { region } } });
  });
  return {
    records: [
      ...SOUND.records,
      record('declarations', 1, { type: EventType.serverDeclared, source: '/servers/b/b-1', data }),
      ...invokes,
    ],
    runs: [...SOUND.runs, narrow('run-5', 0), narrow('run-6', afterMs)],
  };
}

const tick = { schedule: 'a.tick', scheduledForMs: BEGAN + 5_000, outcome: 'missed', run: null } as const;
const withdrawn = (afterMs: number): LogRecord =>
  record(
    'declarations',
    1,
    { type: EventType.serverDeclared, source: '/cerebro', data: { server: 'a', tasks: [{ name: 'tick' }] } },
    { timestampMs: BEGAN + afterMs },
  );

/** What the inputs beside requests for runs must not lead to. */
export const MORE_REFUSED: readonly Case[] = [
  ...EVENTS,
  ['I12', 'two attempts are at work where one may be', narrowed(100, ['north', 'north'])],
  ...FANS_REFUSED,
  ...DEFINITIONS,
  [
    'I1',
    'due times were left out before a schedule was withdrawn',
    { firings: [...SOUND.firings, tick], records: [...SOUND.records, withdrawn(6_000)] },
  ],
];

export const MORE_ALLOWED: readonly Case[] = [
  [
    'I1',
    'a schedule has no due times while it is withdrawn',
    { firings: [...SOUND.firings, tick], records: [...SOUND.records, withdrawn(2_500)] },
  ],
  ['I12', 'an attempt is at work after the other', narrowed(200, ['north', 'north'])],
  ['I12', 'attempts with places of their own are at work at once', narrowed(100, ['north', 'south'])],
  ...FANS_ALLOWED,
];
