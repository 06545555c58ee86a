import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { Changes, Outcome } from '../../src/coordination/index.js';
import { PrometheusMetrics } from '../../src/health/index.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { historyRow } from './support/memory.js';

let http: HttpApp;
beforeAll(async () => {
  http = await httpApp();
});
afterAll(() => http.close());

describe('health', () => {
  test('live answers whatever is away', async () => {
    http.readiness.now = { ready: false, checks: {} };
    const response = await http.get('/health/live');
    expect([response.status, await response.json()]).toEqual([200, { status: 'ok' }]);
  });

  test('ready is 200 or 503, with every check and why', async () => {
    const bus = { ok: true, reason: null, detail: 'the consumer is running' };
    http.readiness.now = { ready: true, checks: { bus } };
    const good = await http.get('/health/ready');
    expect([good.status, await good.json()]).toEqual([200, { ready: true, checks: { bus } }]);
    const watermark = { ok: false, reason: 'behind' as const, detail: '12000 ms behind' };
    http.readiness.now = { ready: false, checks: { bus, watermark } };
    const bad = await http.get('/health/ready');
    expect([bad.status, bad.headers.get('content-type')]).toEqual([503, 'application/problem+json']);
    expect(await bad.json()).toMatchObject({
      type: '/problems/not-ready',
      detail: 'watermark: 12000 ms behind',
      ready: false,
      checks: { bus, watermark },
    });
  });
});

describe('metrics', () => {
  const empty = {
    runs: [],
    outbox: [],
    deadLetters: [],
    firings: [],
  } as unknown as Changes;
  const linesOf = async (metrics: PrometheusMetrics) => (await metrics.expose()).text.split('\n');

  test('are in the text format, with those of the process', async () => {
    const response = await http.get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toContain('process_cpu_seconds_total');
    expect(text).toContain('# TYPE cordyna_commit_duration_seconds histogram');
  });

  test('a batch counts inputs, rows, runs, invokes, timeouts, dead letters and firings', async () => {
    const metrics = new PrometheusMetrics();
    const changes = {
      ...empty,
      runs: [
        {
          expectedVersion: null,
          rows: [
            historyRow(1, { type: 'cordyna.run.created.v1' }),
            historyRow(2, {
              ...{ type: 'cordyna.task.error.v1', source: '/cerebro/x' },
              data: { error: { code: 'ack_timeout', message: '' } },
            }),
            historyRow(3, {
              type: 'cordyna.task.error.v1',
              data: { error: { code: 'no_disk', message: '' } },
            }),
            historyRow(4, { applied: false }),
            historyRow(5, { type: 'cordyna.run.finished.v1', data: { state: 'failed' } }),
          ],
        },
      ],
      outbox: [
        { kind: 'command', ackMs: 10_000 },
        { kind: 'command', ackMs: null },
        { kind: 'fact', ackMs: null },
      ],
      deadLetters: [{ reason: 'not_json' }],
      firings: [{ outcome: 'missed' }],
    } as unknown as Changes;
    const refused: Outcome = { kind: 'refused', code: 'unknown_task', message: '', errors: [] };
    const outcomes: Outcome[][] = [[{ kind: 'done' }], [{ kind: 'run', run: '', created: false }, refused]];
    metrics.countBatch(changes, outcomes, [['update'], ['run-requested', 'run-requested']]);
    const lines = await linesOf(metrics);
    for (const line of [
      'cordyna_commits_total 1',
      'cordyna_inputs_total{kind="update",outcome="done"} 1',
      'cordyna_inputs_total{kind="run-requested",outcome="run_found"} 1',
      'cordyna_inputs_total{kind="run-requested",outcome="unknown_task"} 1',
      'cordyna_history_rows_total{type="cordyna.task.started.v1",applied="false"} 1',
      'cordyna_runs_total{state="running"} 1',
      'cordyna_runs_total{state="failed"} 1',
      'cordyna_invokes_total 1',
      'cordyna_timeouts_total{kind="ack_timeout"} 1',
      'cordyna_dead_letters_total{reason="not_json"} 1',
      'cordyna_failures_total{kind="timeout"} 1',
      'cordyna_failures_total{kind="refused"} 1',
      'cordyna_failures_total{kind="dead_letter"} 1',
      'cordyna_schedule_firings_total{outcome="missed"} 1',
    ])
      expect(lines).toContain(line);
    expect(lines.filter((line) => line.startsWith('cordyna_timeouts_total{'))).toHaveLength(1);
  });

  test('gauges are read when they are asked for, and absent while they are not known', async () => {
    const metrics = new PrometheusMetrics();
    const gauges = async () =>
      (await linesOf(metrics)).filter((line) => /^cordyna_(watermark|outbox)/.test(line));
    expect(await gauges()).toEqual([]);
    let ageMs: number | null = null;
    metrics.observe({ watermarkAgeMs: () => ageMs });
    metrics.observe({ outboxUnpublished: () => Promise.resolve(7) });
    expect(await gauges()).toEqual(['cordyna_outbox_unpublished 7']);
    ageMs = 1_500;
    expect(await gauges()).toEqual(['cordyna_watermark_age_seconds 1.5', 'cordyna_outbox_unpublished 7']);
  });

  test('the duration of commits is in seconds', async () => {
    const metrics = new PrometheusMetrics();
    metrics.commitDuration.startTimer()();
    expect(await linesOf(metrics)).toContain('cordyna_commit_duration_seconds_count 1');
  });
});
