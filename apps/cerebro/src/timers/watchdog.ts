import type { Door, Look, TimerQueries } from '../coordination/index.js';
import type { Lookout, Watcher } from './lookout.js';
import { Ticker } from './ticker.js';
import type { Watermark } from './watermark.js';

const BATCH = 200;
/** When a deadline has passed, but the watermark not yet that deadline. */
const AGAIN_MS = 250;

/**
 * Finds attempts whose deadline passed before the watermark, and instances that were silent too long, and proposes
 * what follows; the engine checks again against the state that the door has.
 */
export class Watchdog implements Watcher {
  private readonly marks = new Ticker('Watermark', null, () => this.advance());
  private readonly deadlines = new Ticker('Deadlines', null, () => this.fireDeadlines());
  private readonly liveness = new Ticker('Liveness', null, () => this.findLost());
  private readonly gone = new Ticker('GoneInstances', null, () => this.endAttemptsOfGone());
  private readonly withdrawn = new Ticker('WithdrawnServers', null, () => this.endWithdrawn());
  private readonly tickers = [this.marks, this.deadlines, this.liveness, this.gone, this.withdrawn];
  private look: Look | null = null;

  constructor(
    private readonly queries: TimerQueries,
    private readonly door: Door,
    private readonly watermark: Watermark,
    private readonly lookout: Pick<Lookout, 'wakeAt'>,
    private readonly settings: { readonly source: string; readonly lostAfterMs: number },
  ) {}

  start(): void {
    for (const ticker of this.tickers) ticker.start();
  }

  async stop(): Promise<void> {
    await Promise.all(this.tickers.map((ticker) => ticker.stop()));
  }

  seen(look: Look): void {
    this.look = look;
    this.marks.wake();
    if (look.errands.has('withdrawn')) this.withdrawn.wake();
  }

  /** With the newest look. Each ticker of its own: whoever waits for the door does not hold up the watermark. */
  private async advance(): Promise<void> {
    const { look } = this;
    this.look = null;
    if (!look) return;
    await this.watermark.advance(look);
    const { deadlineAt, errands, now } = look;
    if (errands.has('silent')) this.liveness.wake();
    if (errands.has('gone')) this.gone.wake();
    const watermark = this.watermark.forDeadlines();
    if (deadlineAt === null || watermark === null) return;
    if (deadlineAt < watermark) this.deadlines.wake();
    else this.lookout.wakeAt(deadlineAt < now ? now + AGAIN_MS : deadlineAt + 1);
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
