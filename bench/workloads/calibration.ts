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

const WARM_UP = 3;

async function medianMs(relay: Child, work: RelayWork, repeats: number): Promise<number> {
  const times: number[] = [];
  for (let at = 0; at < WARM_UP + repeats; at++) times.push((await relay.ask<RelayOutcome>('work', work)).ms);
  return median(times.slice(WARM_UP));
}

const PASSES_TO_WARM = 10;
const STILL_WARMING = 0.95;

/** A broker and a relay that have just started are still being compiled: passes that do not count, while they bring more. */
export async function warmCalibration(relay: Child): Promise<void> {
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0, stale = 0; pass < PASSES_TO_WARM && stale < 2; pass++) {
    const { W1 } = await calibrate(relay, WARM_UP);
    stale = W1 < best * STILL_WARMING ? 0 : stale + 1;
    best = Math.min(best, W1);
  }
}

/** @param relay the relay of the pair `calibration` */
export async function calibrate(relay: Child, repeats: number): Promise<Calibration> {
  const msOf = (shape: RelayWork['shape'], runs: number) =>
    medianMs(relay, { shape, runs, mode: 'batch' }, repeats);
  const perSecond = (shape: RelayWork['shape'], runs: number, ms: number): number =>
    ((runs * SHAPES[shape].tasks.length) / ms) * 1_000;
  return {
    W1: (await msOf('chain', 1)) / CHAIN_LENGTH,
    W2: perSecond('fan', 1, await msOf('fan', 1)),
    W3: perSecond('diamond', DIAMONDS, await msOf('diamond', DIAMONDS)),
  };
}
