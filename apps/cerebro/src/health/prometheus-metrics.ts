import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { CEREBRO_ERROR_CODES, EventType } from '@cordyna/protocol/model';
import {
  Metrics,
  UNREADY_REASONS,
  type Changes,
  type GaugeSources,
  type Outcome,
} from '../coordination/index.js';

const TIMEOUTS: ReadonlySet<unknown> = new Set(
  CEREBRO_ERROR_CODES.filter((code) => /_timeout$|_lost$/.test(code)),
);
/** One commit: from a millisecond on a quiet machine to the statement's time limit. */
const COMMIT_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

/** prom-client's 10 ms wake an idle process a hundred times a second. */
const LOOP_SAMPLE_MS = 50;

/** The coordinator's metrics for Prometheus: seconds, `_total` on counters, labels from closed lists. */
export class PrometheusMetrics extends Metrics {
  private readonly registry = new Registry();
  private readonly registers = [this.registry];
  private sources: GaugeSources = {};

  readonly commitDuration = new Histogram({
    name: 'cordyna_commit_duration_seconds',
    help: 'One group commit, from loading to the answer of COMMIT.',
    buckets: COMMIT_SECONDS,
    registers: this.registers,
  });
  readonly commitRetries = this.counter('commit_retries', 'Commits that were decided again.', 'reason');
  readonly logLinesDropped = this.counter('log_lines_dropped', 'Log and progress lines dropped under load.');
  readonly failures = this.counter('failures', 'What the list of failures has, as it came.', 'kind');
  readonly retentionRemoved = this.counter('retention_removed_rows', 'Old rows that were removed.', 'kind');
  readonly forgedLines = this.counter(
    'forged_lines',
    'Progress and log lines with a wrong lease, beyond those that the histories name.',
  );
  readonly stalls = this.counter('stalls', 'Times that the watermark stood still for longer than it may.');
  private readonly commits = this.counter('commits', 'Transactions of the door.');
  private readonly inputs = this.counter('inputs', 'What went through the door.', 'kind', 'outcome');
  private readonly rows = this.counter(
    'history_rows',
    'Rows of histories; applied=false: refused.',
    'type',
    'applied',
  );
  private readonly invokes = this.counter('invokes', 'Invocations commanded, retries included.');
  private readonly timeouts = this.counter('timeouts', 'Attempts ended by a watchdog.', 'kind');
  private readonly runs = this.counter('runs', 'Runs that came to this state; running: created.', 'state');
  private readonly deadLetters = this.counter('dead_letters', 'Messages refused.', 'reason');
  private readonly firings = this.counter('schedule_firings', 'Due times of schedules.', 'outcome');

  constructor() {
    super();
    collectDefaultMetrics({ register: this.registry, eventLoopMonitoringPrecision: LOOP_SAMPLE_MS });
    const seconds = (ms: number | null | undefined) => (ms == null ? ms : ms / 1_000);
    this.gauge('cordyna_watermark_age_seconds', 'How far all that is applied is behind the clock.', () =>
      seconds(this.sources.watermarkAgeMs?.()),
    );
    this.gauge(
      'cordyna_publishing_behind_seconds',
      'Age of the oldest commit that Kafka did not answer.',
      () => seconds(this.sources.publishingBehindMs?.()),
    );
    this.gauge('cordyna_inputs_waiting', 'Inputs that wait for a transaction.', () =>
      this.sources.inputsWaiting?.(),
    );
    this.unreadyGauge();
    this.gauge('cordyna_outbox_unpublished', 'Committed messages that Kafka has not acknowledged.', () =>
      this.sources.outboxUnpublished?.(),
    );
  }

  countBatch(
    changes: Changes,
    outcomes: readonly (readonly Outcome[])[],
    kinds: readonly (readonly string[])[] = [],
  ): void {
    this.commits.inc();
    const inputs = new Tally();
    outcomes.forEach((some, item) =>
      some.forEach((outcome, at) => inputs.add(kinds[item]?.[at] ?? 'any', labelOf(outcome))),
    );
    inputs.each((kind, outcome, count) => this.inputs.inc({ kind, outcome }, count));
    const rows = new Tally();
    for (const change of changes.runs) {
      if (change.expectedVersion === null) this.runs.inc({ state: 'running' });
      for (const { type, applied, source, data } of change.rows) {
        rows.add(type, String(applied));
        if (!applied) this.failures.inc({ kind: 'refused' });
        if (!applied) continue;
        if (type === EventType.runFinished) this.runs.inc({ state: String(data['state']) });
        if (type === EventType.taskError && source.startsWith('/cerebro/')) this.countTimeout(data['error']);
      }
    }
    rows.each((type, applied, count) => this.rows.inc({ type, applied }, count));
    const invokes = changes.outbox.filter(({ kind, ackMs }) => kind === 'command' && ackMs !== null);
    this.invokes.inc(invokes.length);
    for (const { reason } of changes.deadLetters) {
      this.deadLetters.inc({ reason });
      this.failures.inc({ kind: 'dead_letter' });
    }
    for (const { outcome } of changes.firings) this.firings.inc({ outcome });
  }

  private countTimeout(error: unknown): void {
    const code = (error as { code?: unknown } | undefined)?.code;
    if (!TIMEOUTS.has(code)) return;
    this.timeouts.inc({ kind: String(code) });
    this.failures.inc({ kind: code === 'server_lost' ? 'lost' : 'timeout' });
  }

  observe(sources: GaugeSources): void {
    this.sources = { ...this.sources, ...sources };
  }

  async expose(): Promise<{ contentType: string; text: string }> {
    return { contentType: this.registry.contentType, text: await this.registry.metrics() };
  }

  private counter<L extends string = never>(name: string, help: string, ...labelNames: L[]): Counter<L> {
    return new Counter({ name: `cordyna_${name}_total`, help, labelNames, registers: this.registers });
  }

  /** 1 for each reason why this coordinator is not ready, else 0. */
  private unreadyGauge(): void {
    const collect = () => {
      const reasons = this.sources.unready?.() ?? [];
      for (const reason of UNREADY_REASONS) gauge.set({ reason }, Number(reasons.includes(reason)));
    };
    const gauge: Gauge<'reason'> = new Gauge({
      ...{ name: 'cordyna_unready', help: 'Why this coordinator is not ready: 1, else 0.' },
      ...{ labelNames: ['reason'], registers: this.registers, collect },
    });
  }

  /** Read at each scrape; no value is shown while it is not known. */
  private gauge(
    name: string,
    help: string,
    read: () => Promise<number | null> | number | null | undefined,
  ): void {
    const collect = async () => {
      gauge.reset();
      const value = await read();
      if (value == null) gauge.remove();
      else gauge.set(value);
    };
    const gauge: Gauge = new Gauge({ name, help, registers: this.registers, collect });
  }
}

/** A batch has many of the same kind: the instruments are told once for each. */
class Tally {
  private readonly counts = new Map<string, Map<string, number>>();

  add(first: string, second: string): void {
    let counts = this.counts.get(first);
    if (!counts) this.counts.set(first, (counts = new Map()));
    counts.set(second, (counts.get(second) ?? 0) + 1);
  }

  each(tell: (first: string, second: string, count: number) => void): void {
    for (const [first, counts] of this.counts)
      for (const [second, count] of counts) tell(first, second, count);
  }
}

const labelOf = (outcome: Outcome): string => {
  if (outcome.kind === 'refused') return outcome.code;
  if (outcome.kind === 'done') return 'done';
  if (outcome.kind === 'run') return outcome.created ? 'run_created' : 'run_found';
  return outcome.kind.replaceAll('-', '_');
};
