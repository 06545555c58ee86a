export const TASK_STATES = [
  'pending',
  'invoked',
  'queued',
  'started',
  'completed',
  'error',
  'blocked',
  'skipped',
  'cancelled',
] as const;
/**
 * `pending` waits for upstream, a retry or capacity (see its `reason`); `invoked`: the command is sent; `queued` and
 * `started` are what the task server reported; the others are final.
 */
export type TaskState = (typeof TASK_STATES)[number];

export const FINAL_TASK_STATES = ['completed', 'error', 'blocked', 'skipped', 'cancelled'] as const;
export type FinalTaskState = (typeof FINAL_TASK_STATES)[number];

const finals: ReadonlySet<string> = new Set(FINAL_TASK_STATES);
export const isFinalTaskState = (state: TaskState): state is FinalTaskState => finals.has(state);

export const RUN_STATES = ['running', 'completed', 'failed', 'cancelled'] as const;
export type RunState = (typeof RUN_STATES)[number];

export const INSTANCE_STATES = ['online', 'draining', 'offline', 'lost'] as const;
/** State of one process of a task server; `lost` is Cerebro's own verdict, the others are what the instance says. */
export type InstanceState = (typeof INSTANCE_STATES)[number];
