import type { RelayOutcome, RelayWork } from '../baselines/bare-relay.js';
import { median } from '../figures/percentiles.js';
import { CHAIN_LENGTH, SHAPES } from '../shapes.js';
import type { Child } from '../stack/children.js';
import { DIAMONDS } from './throughput.js';

/** What the relay with commit makes with one partition and messages of 300 bytes, as the figures of others were taken. */
export interface Calibration {
  /** Milliseconds per hop. */
  readonly W1: number;
  /** Tasks per second. */
  readonly W2: number;
  readonly W3: number;
}

export interface Calibrated extends Calibration {
  readonly when: string;
}

/** Of four passes, each after runs that do not count, the lower middle one counts, as when the figures of others were taken. */
export interface CalibrationPlan {
  readonly first: 'before' | 'after W1 to W3';
  /** Once more after all else, when what the load has left behind is done or has had so long; null: not again. */
  readonly againAfterMs: number | null;
  readonly passes: number;
  /** In each pass, of each shape: runs that do not count, and runs that do. */
  readonly warmUps: number;
  readonly repeats: number;
}

async function medianMs(
  relay: Child,
  work: RelayWork,
  { warmUps, repeats }: CalibrationPlan,
): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < warmUps + repeats; at++) times.push((await relay.ask<RelayOutcome>('work', work)).ms);
  return median(times.slice(warmUps));
}

const lowerMiddle = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length / 2) - 1] ?? Number.NaN;

async function pass(relay: Child, plan: CalibrationPlan): Promise<readonly [number, number, number]> {
  const msOf = (shape: RelayWork['shape'], runs: number) =>
    medianMs(relay, { shape, runs, mode: 'batch' }, plan);
  return [await msOf('chain', 1), await msOf('fan', 1), await msOf('diamond', DIAMONDS)];
}

/** @param relay the relay of the pair `calibration`; it and the broker have been warmed up */
export async function calibrate(relay: Child, plan: CalibrationPlan): Promise<Calibration> {
  const passes: (readonly [number, number, number])[] = [];
  for (let at = 0; at < plan.passes; at++) passes.push(await pass(relay, plan));
  const ms = (at: 0 | 1 | 2): number => lowerMiddle(passes.map((times) => times[at]));
  const perSecond = (shape: RelayWork['shape'], runs: number, took: number): number =>
    ((runs * SHAPES[shape].tasks.length) / took) * 1_000;
  return {
    W1: ms(0) / CHAIN_LENGTH,
    W2: perSecond('fan', 1, ms(1)),
    W3: perSecond('diamond', DIAMONDS, ms(2)),
  };
}
