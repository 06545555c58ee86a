import type { ServerResponse } from 'node:http';
import type { StreamedRow } from './streamed-row.js';

/** More than this waits for the network: the client gets no more until it has caught up. */
const MAX_BUFFERED_BYTES = 256 * 1024;
/** A run's stream looks itself that often, whether or not the stream of all runs has seen something of it. */
const RUN_POLL_MS = 1_000;
const RECONNECT_MS = 1_000;

/**
 * One open connection. It is *behind* at first, and reads its own pages from its cursor; once at the end, a client of
 * all runs is *live* and takes the pages that are read for everybody. A client of one run stays on its own cursor and
 * is told when to look.
 */
export class StreamClient {
  private live = false;
  /** What it has already seen of the pages that will be read for everybody. */
  private seen = new Set<string>();
  private lookAt = 0;
  private fullSince: number | null = null;

  constructor(
    private readonly response: ServerResponse,
    readonly run: string | undefined,
    /** Undefined: before the first row of the run. */
    public cursor: string | undefined,
  ) {
    const id = cursor === undefined ? '' : `id: ${cursor}\n`;
    response.write(`retry: ${RECONNECT_MS}\n${id}\n`);
  }

  /** A page that was read for everybody; `whole` when it reached the present end. */
  takeShared(page: readonly StreamedRow[], whole: boolean): void {
    if (this.run !== undefined) {
      if (page.some(({ run }) => run === this.run)) this.lookAt = 0;
      return;
    }
    if (!this.live) return;
    if (!this.writable()) {
      // Too slow for the others: it goes on by itself from where it is.
      this.live = false;
      return;
    }
    this.write(page.filter(({ key }) => !this.seen.has(key)));
    this.cursor = page.at(-1)?.cursor ?? this.cursor;
    if (whole) this.seen.clear();
  }

  /** Whether it wants a page of its own now. */
  isBehind(nowMs: number): boolean {
    return !this.live && this.lookAt <= nowMs && this.writable() && !this.response.destroyed;
  }

  /**
   * A page of its own from its cursor.
   * @param whole it reached the present end
   * @param sharedWhole so did the page for everybody just before: what this one has and that one had not, comes again
   */
  takeOwn(
    page: readonly StreamedRow[],
    end: string,
    whole: boolean,
    sharedWhole: boolean,
    nowMs: number,
  ): void {
    this.write(page);
    this.cursor = page.at(-1)?.cursor ?? end;
    if (this.run !== undefined) {
      this.lookAt = whole ? nowMs + RUN_POLL_MS : 0;
    } else if (whole && sharedWhole) {
      this.live = true;
      this.seen = new Set(page.map(({ key }) => key));
    }
  }

  private write(rows: readonly StreamedRow[]): void {
    if (rows.length > 0) this.response.write(rows.map(({ block }) => block).join(''));
  }

  private writable(): boolean {
    return this.response.writableLength < MAX_BUFFERED_BYTES;
  }

  /** Keeps the connection open; cuts it when nobody has read for `limitMs`. */
  ping(nowMs: number, limitMs: number): void {
    if (this.writable()) {
      this.fullSince = null;
      this.response.write(': ping\n\n');
    } else {
      this.fullSince ??= nowMs;
      if (nowMs - this.fullSince >= limitMs) this.response.destroy();
    }
  }

  end(): void {
    this.response.end();
  }
}
