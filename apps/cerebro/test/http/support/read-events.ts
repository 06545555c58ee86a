export interface ReadEvent {
  readonly id: string;
  readonly event: string;
  readonly data: { readonly run: string; readonly seq: number };
}

/** A client of server-sent events that keeps what it gets. */
export class EventReader {
  readonly events: ReadEvent[] = [];
  comments = 0;
  lastId: string | undefined;
  ended = false;
  private readonly abort = new AbortController();
  private wake: (() => void)[] = [];

  private constructor(private readonly response: Response) {
    void this.read().finally(() => {
      this.ended = true;
      this.notify();
    });
  }

  static async open(url: string, lastEventId?: string): Promise<EventReader> {
    const abort = new AbortController();
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const response = await fetch(url, { headers, signal: abort.signal });
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    const reader = new EventReader(response);
    reader.abort.signal.addEventListener('abort', () => abort.abort());
    return reader;
  }

  get contentType(): string | null {
    return this.response.headers.get('content-type');
  }

  get seqs(): number[] {
    return this.events.map(({ data }) => data.seq);
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    let rest = '';
    try {
      for await (const chunk of this.response.body ?? []) {
        rest += decoder.decode(chunk as Uint8Array, { stream: true });
        const blocks = rest.split('\n\n');
        rest = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
        this.notify();
      }
    } catch {
      // Closed by this side.
    }
  }

  private take(block: string): void {
    if (block.startsWith(':')) this.comments++;
    const fields = new Map(
      block.split('\n').map((line) => [line.split(':')[0] ?? '', line.replace(/^\w+: ?/, '')]),
    );
    this.lastId = fields.get('id') ?? this.lastId;
    const data = fields.get('data');
    if (data === undefined) return;
    this.events.push({ id: this.lastId ?? '', event: fields.get('event') ?? '', data: JSON.parse(data) });
  }

  private notify(): void {
    for (const wake of this.wake.splice(0)) wake();
  }

  /** Resolves when it holds; fails after 10 s with what was received instead. */
  async until(what: string, holds: () => boolean): Promise<void> {
    const end = Date.now() + 10_000;
    while (!holds()) {
      const left = end - Date.now();
      if (left <= 0) throw new Error(`${what} did not happen in 10 s; events: ${this.seqs.join(' ')}`);
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.wake.push(() => {
          clearTimeout(timer);
          resolve();
        });
      });
    }
  }

  close(): void {
    this.abort.abort();
  }
}
