import { setTimeout as delay } from 'node:timers/promises';

export interface StreamEvent {
  readonly id: string | undefined;
  readonly event: string;
  readonly data: string;
}

const AGAIN_MS = 500;

/** One block of a stream; undefined when it holds no data, as comments that keep the connection open. */
function parseBlock(block: string): StreamEvent | undefined {
  let id: string | undefined;
  let event = 'message';
  const data: string[] = [];
  for (const line of block.split(/\r?\n/)) {
    const [, field, value = ''] = /^([^:]+)(?:: ?(.*))?$/.exec(line) ?? [];
    if (field === 'id') id = value;
    else if (field === 'event') event = value;
    else if (field === 'data') data.push(value);
  }
  return data.length > 0 ? { id, event, data: data.join('\n') } : undefined;
}

/** Splits what arrives into events (WHATWG HTML, server-sent events). */
export async function* parseEvents(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<StreamEvent> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of chunks) {
    rest += decoder.decode(chunk, { stream: true });
    const blocks = rest.split(/\r?\n\r?\n/);
    rest = blocks.pop() ?? '';
    for (const block of blocks) {
      const event = parseBlock(block);
      if (event) yield event;
    }
  }
}

/** Events of a URL; connects again with `Last-Event-ID` whenever the connection ends, until the signal aborts. */
export async function* eventStream(url: string, signal: AbortSignal): AsyncGenerator<StreamEvent> {
  let last: string | undefined;
  while (!signal.aborted) {
    try {
      const headers: Record<string, string> = { accept: 'text/event-stream' };
      if (last !== undefined) headers['last-event-id'] = last;
      const response = await fetch(url, { headers, signal });
      if (response.ok && response.body) {
        for await (const event of parseEvents(response.body)) {
          last = event.id ?? last;
          yield event;
        }
      }
    } catch {
      // The next connection resumes after the last event that was seen.
    }
    await delay(AGAIN_MS, undefined, { signal }).catch(() => undefined);
  }
}
