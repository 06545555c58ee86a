import { Logger } from '@nestjs/common';
import { serverOf } from '@cordyna/protocol/model';
import type { Inbound } from './inbound.js';
import type { Leases } from './leases.js';
import type { Metrics } from './metrics.js';
import type { ProgressStore } from './ports/index.js';

const MAX_HELD = 20_000;
const FLUSH_EVERY_MS = 300;
/** Lines with a wrong lease of one attempt that its run's history names, at each coordinator. */
const MAX_FORGED = 5;
const MAX_FORGED_OF_RUN = 50;
/** Attempts and runs of which such lines are counted; those least recently heard of are forgotten. */
const MAX_COUNTED = 10_000;

type Batch = Parameters<ProgressStore['save']>[0];

type Line = Extract<Inbound, { kind: 'update' }>;
const isLine = (inbound: Inbound): inbound is Line =>
  inbound.kind === 'update' && (inbound.report.report === 'progress' || inbound.report.report === 'log');

/** Progress and log lines on their way to their own tables: batched, and the first to be dropped under load. */
export class ProgressBuffer {
  private readonly logger = new Logger('ProgressBuffer');
  private progress = new Map<string, Batch['progress'][number]>();
  private log: Batch['log'][number][] = [];
  private timer: NodeJS.Timeout | null = null;
  private saving: Promise<void> = Promise.resolve();
  private readonly forged = new Map<string, number>();

  constructor(
    private readonly store: ProgressStore,
    private readonly leases: Leases,
    private readonly metrics: Metrics,
  ) {}

  /**
   * Marks lines whose lease is wrong, so that the door records them as refused: the first few of an attempt, since
   * nothing else bounds how many there are. The others are counted.
   */
  screen(inbounds: readonly Inbound[]): readonly Inbound[] {
    return inbounds.map((inbound) => {
      if (!isLine(inbound) || this.isProven(inbound)) return inbound;
      if (this.countForged(inbound)) return { ...inbound, isForged: true };
      this.metrics.forgedLines.inc();
      return inbound;
    });
  }

  /** Whether it is among the first ones. An attempt that is made up is bounded by its run. */
  private countForged({ attempt: { run, invocation } }: Line): boolean {
    const ofAttempt = this.countAs(`${run}\n${invocation}`);
    return ofAttempt <= MAX_FORGED && this.countAs(run) <= MAX_FORGED_OF_RUN;
  }

  private countAs(key: string): number {
    const count = (this.forged.get(key) ?? 0) + 1;
    this.forged.delete(key);
    this.forged.set(key, count);
    if (this.forged.size > MAX_COUNTED) this.forged.delete(this.forged.keys().next().value ?? key);
    return count;
  }

  private isProven({ attempt: { lease, task, invocation } }: Line): boolean {
    return this.leases.isValid(lease, serverOf(task), invocation);
  }

  add(inbounds: readonly Inbound[]): void {
    for (const inbound of inbounds) {
      if (!isLine(inbound) || inbound.isForged || !this.isProven(inbound)) continue;
      const { attempt, report, at } = inbound;
      const { run, invocation } = attempt;
      if (report.report === 'progress') {
        const { percent, message } = report;
        this.progress.set(invocation, { run, invocation, percent, message, at });
      } else if (report.report === 'log' && this.log.length < MAX_HELD) {
        this.log.push({ run, invocation, at, level: report.level, message: report.message });
      } else {
        this.metrics.logLinesDropped.inc();
      }
    }
    if (this.progress.size + this.log.length > 0)
      this.timer ??= setTimeout(() => this.flush(), FLUSH_EVERY_MS);
  }

  async stop(): Promise<void> {
    if (this.timer) this.flush();
    await this.saving;
  }

  private flush(): void {
    if (this.timer) clearTimeout(this.timer);
    this.timer = null;
    const batch = { progress: [...this.progress.values()], log: this.log };
    this.progress = new Map();
    this.log = [];
    this.saving = this.saving
      .then(() => this.store.save(batch))
      .catch((error: unknown) => {
        this.metrics.logLinesDropped.inc(batch.log.length);
        this.logger.warn(`${batch.log.length} log lines dropped: ${String(error)}`);
      });
  }
}
