import { atEnd } from '../closers.js';
import { awaitUntil } from '../await-until.js';
import type { ApiHistoryRow } from '../api-types.js';

export interface StreamedEvent {
  readonly id: string;
  readonly event: string;
  readonly data: ApiHistoryRow & { readonly run: string };
}

export interface EventStream {
  readonly events: readonly StreamedEvent[];
  /** The connection has ended. */
  readonly ended: boolean;
  until(what: string, holds: (events: readonly StreamedEvent[]) => boolean): Promise<unknown>;
  close(): void;
}

function parse(block: string): StreamedEvent | undefined {
  const fields = new Map(
    block.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    }),
  );
  const data = fields.get('data');
  if (data === undefined) return undefined;
  return {
    id: fields.get('id') ?? '',
    event: fields.get('event') ?? '',
    data: JSON.parse(data) as StreamedEvent['data'],
  };
}

/** Reads server-sent events, from after `lastEventId` when it is given. Resolves when the server has answered. */
export async function eventStream(url: string, lastEventId?: string): Promise<EventStream> {
  const abort = new AbortController();
  const headers = lastEventId === undefined ? undefined : { 'last-event-id': lastEventId };
  const response = await fetch(url, { headers, signal: abort.signal });
  if (response.status !== 200) throw new Error(`${url}: ${response.status} ${await response.text()}`);
  const events: StreamedEvent[] = [];
  let ended = false;

  async function read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    for await (const chunk of response.body ?? []) {
      rest += decoder.decode(chunk as Uint8Array, { stream: true });
      const blocks = rest.split('\n\n');
      rest = blocks.pop() ?? '';
      events.push(...blocks.flatMap((block) => parse(block) ?? []));
    }
  }
  const done = read()
    .catch(() => undefined) // cut by either side
    .finally(() => (ended = true));
  atEnd(`stream ${url}`, async () => {
    abort.abort();
    await done;
  });
  return {
    events,
    get ended() {
      return ended;
    },
    until: (what, holds) => awaitUntil(what, () => holds(events), { timeoutMs: 20_000 }),
    close: () => abort.abort(),
  };
}
