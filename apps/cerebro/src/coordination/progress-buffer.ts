import { Logger } from '@nestjs/common';
import { serverOf } from '@cordyna/protocol/model';
import type { Inbound } from './inbound.js';
import type { Leases } from './leases.js';
import type { Metrics } from './metrics.js';
import type { ProgressStore } from './ports/index.js';

const MAX_HELD = 20_000;
const FLUSH_EVERY_MS = 300;

type Batch = Parameters<ProgressStore['save']>[0];

/** Progress and log lines on their way to their own tables: batched, and the first to be dropped under load. */
export class ProgressBuffer {
  private readonly logger = new Logger('ProgressBuffer');
  private progress = new Map<string, Batch['progress'][number]>();
  private log: Batch['log'][number][] = [];
  private timer: NodeJS.Timeout | null = null;
  private saving: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: ProgressStore,
    private readonly leases: Leases,
    private readonly metrics: Metrics,
  ) {}

  add(inbounds: readonly Inbound[]): void {
    for (const inbound of inbounds) {
      if (inbound.kind !== 'update') continue;
      const { attempt, report, at } = inbound;
      if (report.report !== 'progress' && report.report !== 'log') continue;
      const { run, invocation, task, lease } = attempt;
      if (!this.leases.isValid(lease, serverOf(task), invocation)) continue;
      if (report.report === 'progress') {
        const { percent, message } = report;
        this.progress.set(invocation, { run, invocation, percent, message, at });
      } else if (this.log.length < MAX_HELD) {
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
