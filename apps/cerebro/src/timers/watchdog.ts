import type { Door, TimerQueries } from '../coordination/index.js';
import { Ticker } from './ticker.js';
import type { Watermark } from './watermark.js';

const BATCH = 200;

/**
 * Finds attempts whose deadline passed before the watermark, and instances that were silent too long, and proposes
 * what follows; the engine checks again against the state that the door has.
 */
export class Watchdog {
  private readonly tickers: readonly Ticker[];

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly watermark: Watermark,
    private readonly settings: { readonly source: string; readonly lostAfterMs: number },
  ) {
    this.tickers = [
      new Ticker('Watermark', 250, () => this.watermark.advance()),
      new Ticker('Deadlines', 250, () => this.fireDeadlines()),
      new Ticker('Liveness', 500, () => this.findLost()),
      new Ticker('GoneInstances', 500, () => this.endAttemptsOfGone()),
      new Ticker('WithdrawnServers', 1_000, () => this.endWithdrawn()),
    ];
  }

  start(): void {
    for (const ticker of this.tickers) ticker.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
  }

  private async fireDeadlines(): Promise<boolean> {
    const watermark = this.watermark.forDeadlines();
    if (watermark === null) return false;
    const due = await this.queries.dueDeadlines(watermark, BATCH);
    const { source } = this.settings;
    await Promise.all(
      due.map(({ run, invocation, kind }) => {
        const input = { kind: 'deadline', invocation, deadline: kind, watermark } as const;
        return this.door.submit({ kind: 'run-input', run, source, input });
      }),
    );
    return due.length === BATCH;
  }

  private async findLost(): Promise<void> {
    const watermark = this.watermark.forSilence();
    if (watermark === null) return;
    const silentBefore = watermark - this.settings.lostAfterMs;
    const silent = await this.queries.silentInstances(silentBefore);
    await Promise.all(
      silent.map((instance) => this.door.submit({ kind: 'lose', ...instance, silentBefore })),
    );
  }

  /** An instance that said `offline` did so after its updates were in the log: they are applied once W passed that. */
  private async endAttemptsOfGone(): Promise<boolean> {
    const watermark = this.watermark.forDeadlines();
    if (watermark === null) return false;
    const attempts = await this.queries.attemptsOfGoneInstances(watermark, BATCH);
    const { source } = this.settings;
    await Promise.all(
      attempts.map(({ run, invocation, instance }) => {
        const input = { kind: 'server-lost', invocation, instance } as const;
        return this.door.submit({ kind: 'run-input', run, source, input });
      }),
    );
    return attempts.length === BATCH;
  }

  private async endWithdrawn(): Promise<boolean> {
    const found = await this.queries.runsOfWithdrawnServers(BATCH);
    const { source } = this.settings;
    await Promise.all(
      found.map(({ run, server }) =>
        this.door.submit({ kind: 'run-input', run, source, input: { kind: 'withdrawn', server } }),
      ),
    );
    return found.length === BATCH;
  }
}
