import { setTimeout as delay } from 'node:timers/promises';
import type { Site } from '../stack/site.js';

/** What a coordinator says of itself to those who watch it. */
export interface Look {
  readonly atMs: number;
  readonly coordinator: number;
  /** Of `/health/ready`; null: no answer. */
  readonly status: number | null;
  /** That `cordyna_unready` of `/metrics` names. */
  readonly reasons: readonly string[];
  /** `cordyna_outbox_unpublished` */
  readonly unpublished: number;
}

const EVERY_MS = 500;
const ANSWER_MS = 3_000;
const UNREADY = /^cordyna_unready\{reason="(\w+)"\} 1$/gm;
const UNPUBLISHED = /^cordyna_outbox_unpublished (\d+)/m;

async function lookAt(url: string, coordinator: number): Promise<Look> {
  const atMs = Date.now();
  const get = (path: string): Promise<Response> =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(ANSWER_MS) });
  try {
    const { status } = await get('/health/ready');
    const text = await (await get('/metrics')).text();
    const reasons = [...text.matchAll(UNREADY)].map(([, reason]) => reason ?? '');
    return { atMs, coordinator, status, reasons, unpublished: Number(UNPUBLISHED.exec(text)?.[1] ?? 0) };
  } catch {
    return { atMs, coordinator, status: null, reasons: [], unpublished: 0 };
  }
}

/** Looks at every coordinator twice a second, until `end`. */
export function watchGauges(site: Site): { readonly looks: readonly Look[]; end(): Promise<void> } {
  const looks: Look[] = [];
  const stopping = new AbortController();
  const watching = site.coordinators.map(async (one, at) => {
    while (!stopping.signal.aborted) {
      if (one.current) looks.push(await lookAt(one.current.url, at));
      await delay(EVERY_MS);
    }
  });
  return {
    looks,
    async end() {
      stopping.abort();
      await Promise.all(watching);
    },
  };
}
