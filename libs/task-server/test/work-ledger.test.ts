import { describe, expect, test } from '@jest/globals';
import type { InvokeCommand } from '@cordyna/protocol/model';
import { WorkLedger } from '../src/execution/work-ledger.js';
import type { Work } from '../src/execution/work-ledger.js';

const NOW = 1_000_000;
const command = (invocation: string, ackMs = 10_000, startMs = 600_000): InvokeCommand => ({
  invocation,
  run: 'r',
  task: 'server-a.t',
  attempt: 1,
  item: null,
  args: {},
  inputs: {},
  trigger: { kind: 'request' },
  timeouts: { ackMs, startMs, completeMs: 1 },
  expiresAt: new Date(NOW + ackMs).toISOString(),
  lease: 'l',
});
const ledgerOf = (concurrency: number, queueLimit: number): WorkLedger =>
  new WorkLedger({ concurrency, queueLimit });
const admit = (ledger: WorkLedger, invocation: string, nowMs = NOW) =>
  ledger.admit(command(invocation), undefined, nowMs);
const never = (): void => {
  throw new Error('nothing is too late');
};

describe('WorkLedger', () => {
  test('begins as many as run at once, queues up to the limit, refuses the rest', () => {
    const ledger = ledgerOf(2, 2);

    const admissions = ['a', 'b', 'c', 'd', 'e'].map((invocation) => admit(ledger, invocation));

    expect(admissions.map(({ kind }) => kind)).toEqual(['begin', 'begin', 'queue', 'queue', 'refuse']);
    expect(admissions[3]).toMatchObject({ position: 2 });
    expect([ledger.started, ledger.queued]).toEqual([2, 2]);
  });

  test('begins what waits in the order in which it came, when there is room', () => {
    const ledger = ledgerOf(1, 5);
    const first = admit(ledger, 'a') as { work: Work };
    admit(ledger, 'b');
    admit(ledger, 'c');
    expect(ledger.next(NOW, never)).toBeUndefined();

    ledger.finish(first.work, NOW);

    expect(ledger.next(NOW, never)?.command.invocation).toBe('b');
    expect(ledger.next(NOW, never)).toBeUndefined();
  });

  test('with no queue takes exactly what it can run', () => {
    const ledger = ledgerOf(1, 0);

    expect([admit(ledger, 'a').kind, admit(ledger, 'b').kind]).toEqual(['begin', 'refuse']);
  });

  test('knows an invocation while it runs, after it ended, and after it was refused', () => {
    const ledger = ledgerOf(1, 0);
    const first = admit(ledger, 'a') as { work: Work };
    admit(ledger, 'b');
    expect(admit(ledger, 'a')).toEqual({ kind: 'known', receipt: first.work.receipt });
    ledger.finish(first.work, NOW);

    expect(admit(ledger, 'a').kind).toBe('known');
    expect(admit(ledger, 'b').kind).toBe('known');
  });

  test('forgets an ended invocation only when it has expired, so that it can never begin again', () => {
    const ledger = ledgerOf(1, 0);
    const { work } = admit(ledger, 'a') as { work: Work };
    ledger.finish(work, NOW);

    ledger.forget(NOW + 30_000);
    expect(ledger.remembered).toBe(1);
    const later = NOW + 12_000 + 60_001;
    ledger.forget(later);

    expect(ledger.remembered).toBe(0);
    expect(admit(ledger, 'a', later).kind).toBe('expired');
  });

  test('never forgets what runs', () => {
    const ledger = ledgerOf(1, 0);
    admit(ledger, 'a');

    ledger.forget(NOW + 86_400_000);

    expect(admit(ledger, 'a', NOW + 86_400_000).kind).toBe('known');
  });

  test('begins until expiresAt + 2 s, and not a moment later', () => {
    expect(admit(ledgerOf(1, 1), 'a', NOW + 12_000).kind).toBe('begin');
    expect(admit(ledgerOf(1, 1), 'a', NOW + 12_001).kind).toBe('expired');
  });

  test('hands a task of a run back once for coming too late, and again when that is forgotten', () => {
    const ledger = ledgerOf(1, 1);
    const lateMs = NOW + 60_000;

    expect(admit(ledger, 'a', lateMs)).toEqual({ kind: 'expired', handBack: true });
    expect(admit(ledger, 'b', lateMs)).toEqual({ kind: 'expired', handBack: false });
    ledger.forget(lateMs + 600_000);

    expect(ledger.remembered).toBe(0);
    expect(admit(ledger, 'c', lateMs + 600_000)).toEqual({ kind: 'expired', handBack: true });
  });

  test('does not begin what waited longer than its startMs, and goes on with the next one', () => {
    const ledger = ledgerOf(1, 5);
    const { work } = admit(ledger, 'a') as { work: Work };
    ledger.admit(command('b', 10_000, 100), undefined, NOW);
    admit(ledger, 'c');
    ledger.finish(work, NOW);
    const late: string[] = [];

    const next = ledger.next(NOW + 101, ({ command: { invocation } }) => late.push(invocation));

    expect(late).toEqual(['b']);
    expect(next?.command.invocation).toBe('c');
  });

  test('a cancel finds what runs, drops what waits, and is remembered for 10 min when it is early', () => {
    const ledger = ledgerOf(1, 5);
    const { work } = admit(ledger, 'a') as { work: Work };
    admit(ledger, 'b');

    expect(ledger.cancel('a', NOW)).toEqual({ stop: work, dropped: false });
    expect(ledger.cancel('b', NOW)).toEqual({ stop: undefined, dropped: true });
    expect(ledger.queued).toBe(0);
    expect(ledger.cancel('early', NOW)).toEqual({ stop: undefined, dropped: false });
    expect(admit(ledger, 'early').kind).toBe('cancelled');

    ledger.cancel('too-early', NOW);
    ledger.forget(NOW + 599_999);
    expect(ledger.remembered).toBe(2);
    ledger.forget(NOW + 600_000);
    expect(admit(ledger, 'too-early').kind).not.toBe('cancelled');
  });

  test('a cancel of what has ended leaves nothing behind', () => {
    const ledger = ledgerOf(1, 5);
    const { work } = admit(ledger, 'a') as { work: Work };
    ledger.finish(work, NOW);
    ledger.cancel('a', NOW);

    expect(ledger.remembered).toBe(1);
  });

  test('a draining ledger begins nothing and gives back what waits', () => {
    const ledger = ledgerOf(1, 5);
    const { work } = admit(ledger, 'a') as { work: Work };
    admit(ledger, 'b');
    ledger.drain();
    ledger.finish(work, NOW);

    expect(admit(ledger, 'c').kind).toBe('refuse');
    expect(ledger.next(NOW, never)).toBeUndefined();
    expect(ledger.takeWaiting(NOW).map(({ command: { invocation } }) => invocation)).toEqual(['b']);
    expect([ledger.queued, ledger.started]).toEqual([0, 0]);
  });
});
