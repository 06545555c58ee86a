/**
 * The bench's shapes as BullMQ's flows, which are trees: a job waits for its children. A fan and a diamond begin with one
 * job, which adds the rest when it runs.
 */
import type { FlowJob } from 'bullmq';
import { SHAPES, type ShapeName } from '../shapes.js';

export const QUEUE = 'bench';

export interface JobData {
  readonly run: string;
  /** What is added when this job runs. */
  readonly adds?: ShapeName;
  /** The run has ended with this job. */
  readonly isLast?: true;
}

const job = (name: string, data: JobData): FlowJob => ({ name, queueName: QUEUE, data });

/** A chain as one flow. */
export function chainFlow(shape: ShapeName, run: string): FlowJob {
  const [first, ...rest] = SHAPES[shape].tasks.map(({ name }) => job(name, { run }));
  if (!first) throw new Error(`${shape} has no tasks`);
  const whole = rest.reduce((below, above) => ({ ...above, children: [below] }), first);
  return { ...whole, data: { run, isLast: true } satisfies JobData };
}

/** The job with which a run of that shape begins. */
export const firstJob = (shape: ShapeName, run: string): { name: string; data: JobData } => ({
  name: SHAPES[shape].tasks[0].name,
  data: { run, adds: shape },
});

/** All but the first job: the last one, which waits for all between them. */
export function restFlow(shape: ShapeName, run: string): FlowJob {
  const [, ...rest] = SHAPES[shape].tasks;
  const last = rest.pop();
  if (!last) throw new Error(`${shape} is one task`);
  const children = rest.map(({ name }) => job(name, { run }));
  return { ...job(last.name, { run, isLast: true }), children };
}
