import { describe, expect, test } from '@jest/globals';
import type { Bus, BusBatch, BusRecord, OutMessage, PublishResult } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import { encodeStructured, topicsOf } from '@cordyna/protocol/wire';
import { awaitUntil } from '@cordyna/testkit';
import { CommandIntake } from '../src/execution/command-intake.js';
import { Executor } from '../src/execution/executor.js';
import { WorkLedger } from '../src/execution/work-ledger.js';
import type { TaskDefinition } from '../src/handler/handler.js';
import { newInstance } from '../src/messages/instance.js';
import { Senders } from '../src/messages/senders.js';
import { ServerMessages } from '../src/messages/server-messages.js';

const TOPICS = topicsOf('t');
const nothing = (): void => undefined;
const never: TaskDefinition = { declaration: { name: 'x' }, handler: () => new Promise(nothing) };

/** The intake with everything that it stands on, down to the bus, whose answers the test gives. */
function intakeOn(answer: (messages: readonly OutMessage[]) => Promise<void>, task = never) {
  const sent: OutMessage[] = [];
  const publisher = {
    send: async (messages: readonly OutMessage[]): Promise<PublishResult[]> => {
      sent.push(...messages);
      await answer(messages);
      return messages.map(() => ({ ok: true, partition: 0, offset: 0n }));
    },
    close: () => Promise.resolve(),
  };
  const senders = new Senders({ publisher: () => publisher } as unknown as Bus, nothing);
  const messages = new ServerMessages(TOPICS, newInstance('server-a'));
  const ledger = new WorkLedger({ concurrency: 1, queueLimit: 10 });
  const parts = {
    definition: () => task,
    hooks: () => ({}),
    ledger,
    messages,
    senders,
    log: nothing,
    changed: nothing,
  };
  const executor = new Executor({ ...parts, server: 'server-a' });
  const intake = new CommandIntake({ ...parts, executor, deadLetters: TOPICS.deadLetters });
  return { intake, sent, ledger };
}

const record = (offset: bigint, value: Buffer): BusRecord => ({
  topic: TOPICS.commands('server-a'),
  partition: 3,
  offset,
  timestampMs: 0,
  key: null,
  value,
  headers: {},
});
const batch = (records: BusRecord[], stale = false): BusBatch => ({
  topic: TOPICS.commands('server-a'),
  partition: 3,
  fetchedOffset: 0n,
  nextOffset: BigInt(records.length),
  records,
  heartbeat: () => Promise.resolve(),
  isStale: () => stale,
});
const invoke = (invocation: string): Buffer =>
  encodeStructured({
    specversion: '1.0',
    id: invocation,
    source: '/cerebro/x',
    type: EventType.taskInvoke,
    data: {
      invocation,
      run: 'r',
      task: 'server-a.x',
      attempt: 1,
      item: null,
      args: {},
      inputs: {},
      trigger: { kind: 'request' },
      timeouts: { ackMs: 10_000, startMs: 10_000, completeMs: 10_000 },
      expiresAt: new Date(Date.now() + 10_000).toISOString(),
      lease: 'l',
    },
  }).value;
/** After so many turns of the event loop all has happened that does not wait for something from outside. */
const TURNS = 20;
const isSettled = async (work: Promise<unknown>): Promise<boolean> => {
  let settled = false;
  void work.then(() => (settled = true));
  for (let turn = 0; turn < TURNS; turn++) await new Promise((resolve) => setImmediate(resolve));
  return settled;
};

const typesOf = (messages: readonly OutMessage[]): unknown[] =>
  messages.map(({ value }) => (JSON.parse(String(value)) as { type: unknown }).type);

describe('CommandIntake', () => {
  test('a batch is done when Kafka acknowledged what was said, not when the task ends', async () => {
    let acknowledge = nothing;
    const { intake, sent } = intakeOn(() => new Promise((resolve) => (acknowledge = resolve)));
    const done = intake.onBatch(batch([record(0n, invoke('a')), record(1n, invoke('b'))]));

    await isSettled(done);
    expect(typesOf(sent)).toEqual([EventType.taskStarted]);
    acknowledge();
    await awaitUntil('what waits is said to be queued', () => sent.length === 2);
    expect(typesOf(sent)).toEqual([EventType.taskStarted, EventType.taskQueued]);
    expect(await isSettled(done)).toBe(false);
    acknowledge();
    expect(await isSettled(done)).toBe(true);
  });

  test('what waits for a moment only is never said to be queued', async () => {
    const brief: TaskDefinition = { declaration: { name: 'x' }, handler: () => ({}) };
    const { intake, sent } = intakeOn(() => Promise.resolve(), brief);
    await intake.onBatch(batch([record(0n, invoke('a')), record(1n, invoke('b')), record(2n, invoke('c'))]));
    await awaitUntil('all have ended', () => sent.length >= 6);
    expect(typesOf(sent).filter((type) => type === EventType.taskStarted)).toHaveLength(3);
    expect(typesOf(sent).filter((type) => type === EventType.taskQueued)).toHaveLength(0);
  });

  test('a command that comes again while its acknowledgement is under way waits for that one', async () => {
    let acknowledge = nothing;
    const { intake, sent } = intakeOn(() => new Promise((resolve) => (acknowledge = resolve)));
    void intake.onBatch(batch([record(0n, invoke('a'))]));
    const again = intake.onBatch(batch([record(0n, invoke('a'))]));

    expect(await isSettled(again)).toBe(false);
    acknowledge();
    expect(await isSettled(again)).toBe(true);
    expect(sent).toHaveLength(1);
  });

  test('a batch of a partition that was taken away is left alone', async () => {
    const { intake, sent, ledger } = intakeOn(() => Promise.resolve());
    await intake.onBatch(batch([record(0n, invoke('a'))], true));

    expect(sent).toEqual([]);
    expect(ledger.remembered).toBe(0);
  });

  test('a record that cannot be read is dead-lettered once, though it is delivered again', async () => {
    const { intake, sent } = intakeOn(() => Promise.resolve());
    const poison = batch([record(7n, Buffer.from('no JSON')), record(8n, invoke('a'))]);
    await intake.onBatch(poison);
    await intake.onBatch(poison);

    expect(sent.filter(({ topic }) => topic === TOPICS.deadLetters)).toMatchObject([
      { value: Buffer.from('no JSON'), headers: { 'cordyna-reason': 'not_json', 'cordyna-offset': '7' } },
    ]);
    expect(sent.filter(({ topic }) => topic === TOPICS.events)).toHaveLength(1);
  });
});
