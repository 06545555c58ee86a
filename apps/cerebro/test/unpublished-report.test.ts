import { describe, expect, test } from '@jest/globals';
import type { SendOutcome } from '../src/coordination/ports/index.js';
import { UnpublishedReport } from '../src/coordination/unpublished-report.js';

const failed = (reason: string): SendOutcome => ({ outcome: 'unknown', reason });

function report() {
  const told: string[] = [];
  const clock = { nowMs: 0 };
  const unpublished = new UnpublishedReport(
    'Publisher',
    () => clock.nowMs,
    (text) => told.push(text),
  );
  const fail = (topic: string, ...reasons: string[]): void => {
    unpublished.tell(
      reasons.map(() => ({ topic })),
      reasons.map(failed),
    );
  };
  return { told, clock, unpublished, fail };
}

describe('messages that Kafka did not take', () => {
  test('are told with their number, topic, outcome and reason', () => {
    const { told, unpublished } = report();
    unpublished.tell(
      [{ topic: 'commands.a' }, { topic: 'commands.a' }, { topic: 'events' }],
      [failed('timed_out: no answer in 10 s'), failed('timed_out: no answer'), { outcome: 'written' }],
    );

    expect(told).toEqual([
      '2 messages to commands.a: unknown, not published (timed_out: no answer in 10 s); the sweeper will see to them',
    ]);
  });

  test('are told once in 10 s per topic and reason, and counted meanwhile', () => {
    const { told, clock, fail } = report();
    fail('t', 'timed_out: at port 1');
    fail('t', 'timed_out: at port 2', 'timed_out: at port 3');
    fail('t', 'too_large: 2 MiB');
    fail('u', 'timed_out: at port 4');
    expect(told.map((text) => text.slice(0, 40))).toHaveLength(3);
    clock.nowMs = 10_000;
    fail('t', 'timed_out: at port 5');

    expect(told.at(-1)).toBe(
      '1 messages to t: unknown, not published (timed_out: at port 5), and 2 since the last time; the sweeper will see to them',
    );
  });
});
