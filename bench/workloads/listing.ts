import type { BenchClient } from '../client/client.js';
import { spreadOf, type Spread } from '../figures/percentiles.js';

const PAGE = 50;
const PAGES_DEEP = 20;

/** Milliseconds of HTTP requests, so many of each kind, one after another, each with an answer of 200. */
export async function measureListing(
  client: BenchClient,
  requests: number,
): Promise<Readonly<Record<string, Spread>>> {
  const { rows } = await client.pool.query<{ id: string }>(
    `SELECT id FROM runs WHERE state = 'completed' ORDER BY md5(id::text) LIMIT ${requests}`,
  );
  const runs = rows.map(({ id }) => id);
  const deep = await cursorAt(client, PAGES_DEEP);
  const kinds: Record<string, (n: number) => string> = {
    'newest runs': () => `/api/v1/runs?limit=${PAGE}`,
    'completed runs': () => `/api/v1/runs?state=completed&limit=${PAGE}`,
    'runs of a task': () => `/api/v1/runs?task=bench.single&limit=${PAGE}`,
    [`page ${PAGES_DEEP} of runs`]: () => `/api/v1/runs?limit=${PAGE}&cursor=${encodeURIComponent(deep)}`,
    'one run': (n) => `/api/v1/runs/${runs[n % runs.length]}`,
    'history of one run': (n) => `/api/v1/runs/${runs[n % runs.length]}/history`,
  };
  const figures: Record<string, Spread> = {};
  for (const [kind, path] of Object.entries(kinds)) {
    const times: number[] = [];
    for (let n = 0; n < requests; n++) {
      const began = performance.now();
      await client.get(path(n));
      times.push(performance.now() - began);
    }
    figures[kind] = spreadOf(times);
  }
  return figures;
}

async function cursorAt(client: BenchClient, pages: number): Promise<string> {
  let cursor = '';
  for (let page = 1; page < pages; page++) {
    const after = cursor === '' ? '' : `&cursor=${encodeURIComponent(cursor)}`;
    const { next } = JSON.parse(await client.get(`/api/v1/runs?limit=${PAGE}${after}`)) as {
      next: string | null;
    };
    if (next === null) break;
    cursor = next;
  }
  return cursor;
}
