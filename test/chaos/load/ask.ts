import type { Random } from '../../simulation/world/random.js';
import { insist } from './insist.js';

const ANSWER_MS = 15_000;

export interface Question {
  readonly method: string;
  /** Below `/api/v1/`. */
  readonly path: string;
  /** Statuses that are an answer; all others are asked again. */
  readonly expected: readonly number[];
  readonly body?: string;
  /** Of the body; JSON when absent. */
  readonly type?: string;
}

/** Asks one coordinator after the other until one has answered. Gives the body of the answer. */
export const ask = (
  random: Random,
  urls: () => readonly string[],
  { method, path, expected, body, type = 'application/json' }: Question,
): Promise<unknown> =>
  insist(random, urls, async (url) => {
    const signal = AbortSignal.timeout(ANSWER_MS);
    const headers = { 'content-type': type };
    const response = await fetch(`${url}/api/v1/${path}`, { method, body, signal, headers });
    if (!expected.includes(response.status)) throw new Error(`${path}: ${response.status}`);
    return response.json();
  });
