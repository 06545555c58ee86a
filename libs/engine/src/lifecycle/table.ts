import type { TaskState } from '@cordyna/protocol/model';

/** What can happen to a task run from outside the run. */
export const SIGNALS = [
  'queued',
  'started',
  'completed',
  'error',
  'returned',
  // `queued` or `started` of an attempt that is as far, from an instance that does not hold it.
  'taken-over',
  // `returned` from an instance that does not hold the attempt.
  'returned-by-another',
  'published',
  'ack-deadline',
  'start-deadline',
  'complete-deadline',
  'server-lost',
  'withdrawn',
  'cancel',
  'retry',
] as const;
export type Signal = (typeof SIGNALS)[number];

export type Action =
  | 'queue'
  | 'start'
  | 'complete'
  | 'fail'
  | 'take-back'
  | 'take-over'
  | 'set-deadline'
  | 'time-out'
  | 'lose'
  | 'withdraw'
  | 'cancel'
  | 'reset';

export type Outcome = { readonly action: Action } | { readonly refused: string };

const to = (action: Action): Outcome => ({ action });
const refused = (reason: string): Outcome => ({ refused: reason });

const ended = refused('this attempt has ended');
const noDeadline = refused('this deadline is not running');
const acknowledged = refused('its publication is known or of no interest any more');
const notHeld = refused('no instance holds this attempt');
const heldByAnother = refused('another instance holds this attempt');
const invoked = refused('what is invoked goes on after a withdrawal');
const unfinished = refused('it has not ended');
const final = refused('it has ended already');
const stays = refused('what completed or was skipped stays');

/** Signals about an attempt, in states in which no attempt is going on. */
const noAttempt = {
  queued: ended,
  started: ended,
  completed: ended,
  error: ended,
  returned: ended,
  'taken-over': ended,
  'returned-by-another': ended,
  published: acknowledged,
  'ack-deadline': noDeadline,
  'start-deadline': noDeadline,
  'complete-deadline': noDeadline,
  'server-lost': notHeld,
} as const;
const stopped = { ...noAttempt, withdrawn: final, cancel: final } as const;

/** What is the same in all states in which an attempt is going on. */
const going = {
  completed: to('complete'),
  error: to('fail'),
  // It may have been handed over when the partition's owner changed: then it is not theirs to hand back.
  'returned-by-another': heldByAnother,
  // Whoever said last that they have it holds it: the one before may be gone, and must not take it along.
  'taken-over': to('take-over'),
  published: acknowledged,
  'ack-deadline': noDeadline,
  'start-deadline': noDeadline,
  'complete-deadline': noDeadline,
  'server-lost': to('lose'),
  withdrawn: invoked,
  cancel: to('cancel'),
  retry: unfinished,
} as const;

/** The state machine of a task run: for each state and signal either what is done or why nothing is. */
export const TABLE: { readonly [S in TaskState]: { readonly [G in Signal]: Outcome } } = {
  pending: { ...noAttempt, withdrawn: to('withdraw'), cancel: to('cancel'), retry: unfinished },
  invoked: {
    ...going,
    queued: to('queue'),
    started: to('start'),
    returned: to('take-back'),
    published: to('set-deadline'),
    'ack-deadline': to('time-out'),
    'taken-over': notHeld,
    'returned-by-another': notHeld,
    'server-lost': notHeld,
  },
  queued: {
    ...going,
    queued: refused('it is queued already'),
    started: to('start'),
    returned: to('take-back'),
    'start-deadline': to('time-out'),
  },
  started: {
    ...going,
    queued: refused('it has started'),
    started: refused('it has started'),
    // Only what was not begun can be handed back.
    returned: to('fail'),
    'complete-deadline': to('time-out'),
  },
  completed: { ...stopped, retry: stays },
  error: { ...stopped, retry: to('reset') },
  blocked: { ...stopped, retry: to('reset') },
  skipped: { ...stopped, retry: stays },
  cancelled: { ...stopped, retry: to('reset') },
};

export const allows = (state: TaskState, signal: Signal): boolean => 'action' in TABLE[state][signal];
