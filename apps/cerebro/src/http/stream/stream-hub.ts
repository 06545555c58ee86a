import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { performance } from 'node:perf_hooks';
import { Queries } from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { StreamClient } from './stream-client.js';
import { toStreamedRow, type StreamedRow } from './streamed-row.js';

const MAX_CLIENTS = 256;
const PAGE = 200;
const POLL_MS = 200;
const POLL_AFTER_FAILURE_MS = 1_000;
const PING_MS = 15_000;
const UNREAD_MS = 30_000;

/** Where the stream begins for a client. */
export interface StreamStart {
  readonly run: string | undefined;
  /** `id` of the last event that it got; undefined: the present end, or the first row of one run. */
  readonly cursor: string | undefined;
}

/** Reads the histories while anybody listens, once for all who listen to everything. */
@Injectable()
export class StreamHub implements OnModuleDestroy {
  private readonly logger = new Logger('Stream');
  private readonly clients = new Set<StreamClient>();
  /** Connections that are opened now count too. */
  private opening = 0;
  private polling = false;
  private stopped = false;
  private position: string | undefined;
  private wake: (() => void) | null = null;
  private failures = 0;

  constructor(@Inject(Queries) private readonly queries: Queries) {}

  /** Whether histories are being read: only while anybody listens. */
  get isReading(): boolean {
    return this.polling;
  }

  /**
   * Answers with a stream that stays open.
   * @throws ProblemError, InvalidCursor before anything was sent
   */
  async open({ run, cursor }: StreamStart, response: ServerResponse): Promise<void> {
    if (this.stopped) throw new ProblemError('unavailable', 'this coordinator is stopping');
    if (this.clients.size + this.opening >= MAX_CLIENTS)
      throw new ProblemError('too-many-streams', `${MAX_CLIENTS} streams are open`);
    this.opening++;
    const start = await this.place(run, cursor).finally(() => this.opening--);
    if (response.destroyed) return;
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache, no-transform',
      'x-accel-buffering': 'no',
    });
    const client = new StreamClient(response, run, start);
    response.once('close', () => this.clients.delete(client));
    response.on('error', () => this.clients.delete(client));
    if (this.stopped) return client.end();
    this.clients.add(client);
    this.start();
  }

  /** Checks the cursor, or finds the present end; undefined is the first row of a run. */
  private async place(run: string | undefined, cursor: string | undefined): Promise<string | undefined> {
    if (run !== undefined && (await this.queries.history(run, 1, 1)) === null)
      throw new ProblemError('unknown-run', `no run ${run}`);
    if (run !== undefined && cursor === undefined) return undefined;
    const { cursor: end } = await this.queries.stream({ run, cursor, limit: 1 });
    return cursor ?? end;
  }

  private start(): void {
    if (this.polling) {
      this.wake?.();
      return;
    }
    this.polling = true;
    const pings = setInterval(() => {
      for (const client of this.clients) client.ping(performance.now(), UNREAD_MS);
    }, PING_MS);
    void this.poll().finally(() => clearInterval(pings));
  }

  private async poll(): Promise<void> {
    while (this.clients.size > 0) {
      const more = await this.round().then(
        (full) => {
          this.failures = 0;
          return full;
        },
        (error: unknown) => this.failed(error),
      );
      if (!more) await this.pause(this.failures > 0 ? POLL_AFTER_FAILURE_MS : POLL_MS);
    }
    this.position = undefined;
    this.polling = false;
  }

  /** One page for all, then a page for each who is behind; true when there is more to read at once. */
  private async round(): Promise<boolean> {
    // Who comes in meanwhile waits for the next round, so that nobody is ahead of the page that all get.
    const members = [...this.clients];
    const shared = await this.read(undefined, this.position);
    this.position = shared.rows.at(-1)?.cursor ?? shared.cursor;
    for (const client of members) client.takeShared(shared.rows, shared.whole);
    const behind = members.filter((client) => client.isBehind(performance.now()));
    const ends = await Promise.allSettled(
      behind.map(async (client) => {
        const own = await this.read(client.run, client.cursor);
        client.takeOwn(own.rows, own.cursor, own.whole, shared.whole, performance.now());
        return own.whole;
      }),
    );
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return !shared.whole || ends.some((end) => end.status === 'fulfilled' && !end.value);
  }

  private async read(run: string | undefined, cursor: string | undefined): Promise<ReadPage> {
    const { rows, cursor: end } = await this.queries.stream({ run, cursor, limit: PAGE });
    return { rows: rows.map(toStreamedRow), cursor: end, whole: rows.length < PAGE };
  }

  /** The connections stay open: the stream goes on where it was when the database is back. */
  private failed(error: unknown): false {
    if (this.failures++ % 60 === 0)
      this.logger.warn(
        `cannot read the histories: ${error instanceof Error ? error.message : String(error)}`,
      );
    return false;
  }

  private pause(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => this.wake?.(), ms);
      this.wake = () => {
        clearTimeout(timer);
        this.wake = null;
        resolve();
      };
    });
  }

  /** First of all at shutdown: open streams would keep the HTTP server from closing. */
  onModuleDestroy(): void {
    this.stopped = true;
    for (const client of this.clients) client.end();
    this.clients.clear();
    this.wake?.();
  }
}

interface ReadPage {
  readonly rows: readonly StreamedRow[];
  readonly cursor: string;
  /** It reached the present end. */
  readonly whole: boolean;
}
