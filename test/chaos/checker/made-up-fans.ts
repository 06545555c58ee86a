import { EventType, type TaskState } from '@cordyna/protocol/model';
import type { Evidence, HistoryEntry, LogRecord, StoredRun } from './evidence.js';
import type { Fan } from './log.js';
import { BEGAN, FANNED, finished, record, rows, SOUND } from './made-up.js';
import type { Invariant } from './verdict.js';

type Changed = Partial<Evidence>;
type Case = readonly [Invariant, string, Changed];

const others = SOUND.runs.filter(({ run }) => run !== FANNED.run);
const fanned = (change: Partial<StoredRun>): Changed => ({ runs: [...others, { ...FANNED, ...change }] });

interface MadeUp extends Fan {
  /** In this order, such as `begin 0`, `end 0`, `fail 1`. */
  readonly ways?: readonly string[];
  readonly whole?: TaskState;
  /** Of what depends on the whole. */
  readonly after?: TaskState;
  readonly records?: readonly LogRecord[];
}

const TYPES: Readonly<Record<string, string>> = {
  begin: EventType.taskInvoked,
  end: EventType.taskCompleted,
  fail: EventType.taskError,
};
const ONE_BY_ONE = ['begin 0', 'end 0', 'begin 1', 'end 1'];

/** A run of `a.each` over a list of two elements, and of `a.after`. */
function fan({
  ways = ONE_BY_ONE,
  whole = 'completed',
  after = 'completed',
  records = [],
  ...declared
}: MadeUp): Changed {
  const tasks = [
    { name: 'each', forEach: 'list', ...declared },
    { name: 'after', dependsOn: ['each'] },
  ];
  const data = { server: 'a', tasks };
  const steps = ways.map((way) => {
    const [verb = '', item = ''] = way.split(' ');
    return {
      ...{ type: TYPES[verb] ?? '', task: 'a.each', item: Number(item), attempt: 1 },
      data: { invocation: `e-${item}`, ...(verb === 'fail' ? { final: true } : {}) },
    };
  });
  const end = whole === 'completed' ? EventType.taskCompleted : EventType.taskError;
  const history: HistoryEntry[] = rows(
    { type: EventType.runCreated },
    { type: 'cordyna.task.expanded.v1', task: 'a.each' },
    ...steps,
    { type: end, task: 'a.each', data: { final: true } },
    finished('completed'),
  );
  const stateOf = (item: number): TaskState => (ways.includes(`fail ${item}`) ? 'error' : 'completed');
  const stored = (task: string, item: number | null, state: TaskState) => ({
    ...{ task, item, state, attempt: item === null ? 0 : 1, invocation: item === null ? null : `e-${item}` },
  });
  return {
    ...fanned({
      tasks: [
        stored('a.each', null, whole),
        ...[0, 1].map((item) => stored('a.each', item, stateOf(item))),
        stored('a.after', null, after),
      ],
      history,
    }),
    records: [
      ...SOUND.records,
      record('declarations', 1, { type: EventType.serverDeclared, source: '/servers/a/a-1', data }),
      ...records,
    ],
  };
}

const FAILED = ['begin 0', 'fail 0', 'begin 1', 'end 1'];
/** The others were told of the invoke of element 1 so long after the first row. */
const toldOf = (afterMs: number): LogRecord =>
  record(
    'events',
    9,
    { type: EventType.taskInvoked, source: '/cerebro/one', data: { invocation: 'e-1' } },
    { timestampMs: BEGAN + afterMs },
  );
const toldOfFirst: LogRecord = record(
  'events',
  8,
  { type: EventType.taskInvoked, source: '/cerebro/one', data: { invocation: 'e-0' } },
  { timestampMs: BEGAN + 200 },
);

export const FANS_REFUSED: readonly Case[] = [
  ['I13', 'an element is missing', fanned({ tasks: FANNED.tasks.slice(0, 2) })],
  ['I13', 'there is an element too many', { lists: { 'a.each': 1 } }],
  [
    'I13',
    'the whole ends before its elements',
    fanned({
      history: [...FANNED.history.slice(0, 4), ...FANNED.history.slice(6, 7), ...FANNED.history.slice(4, 6)],
    }),
  ],
  [
    'I13',
    'an element begins before its turn',
    fan({ concurrency: 1, ways: [...ONE_BY_ONE.slice(2), ...ONE_BY_ONE.slice(0, 2)] }),
  ],
  [
    'I13',
    'two elements are at work where one may be',
    fan({ concurrency: 1, records: [toldOfFirst, toldOf(250)] }),
  ],
  ['I13', 'an element that failed is no error of the whole', fan({ ways: FAILED })],
  ['I13', 'an element that failed blocks nothing', fan({ ways: FAILED, whole: 'error' })],
  [
    'I13',
    'an element that failed is an error of the whole that goes on in spite of it',
    fan({ ways: FAILED, onError: 'continue', whole: 'error', after: 'blocked' }),
  ],
  [
    'I13',
    'what goes on in spite of an element that failed is blocked',
    fan({ ways: FAILED, onError: 'continue', after: 'blocked' }),
  ],
];

export const FANS_ALLOWED: readonly Case[] = [
  [
    'I13',
    'an element begins when the one before it has ended',
    fan({ concurrency: 1, records: [toldOfFirst, toldOf(300)] }),
  ],
  [
    'I13',
    'as many elements are at work at once as may be',
    fan({ concurrency: 2, ways: ['begin 0', 'begin 1', 'end 1', 'end 0'] }),
  ],
  ['I13', 'an element that failed blocks', fan({ ways: FAILED, whole: 'error', after: 'blocked' })],
  [
    'I13',
    'what goes on in spite of an element that failed is completed',
    fan({ ways: FAILED, onError: 'continue' }),
  ],
];
