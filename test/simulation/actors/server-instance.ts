import type { TopicPartition } from '@cordyna/bus';
import { EventType, type InvokeCommand, type JsonObject } from '@cordyna/protocol/model';
import type { LoggedRecord } from '../kafka/broker.js';
import type { Line } from '../kafka/fake-bus.js';
import type { Random } from '../world/random.js';
import { UNSTORABLE } from '../store/write.js';
import { Sender } from './sender.js';
import { SETTINGS, TOPICS } from './site.js';

export interface ServerContext {
  readonly server: string;
  readonly random: Random;
  readonly lists: ReadonlySet<string>;
  readonly workMs: number;
  readonly capacity: number;
  /** The group's committed offsets. */
  readonly committed: Map<number, bigint>;
  readonly beats: boolean;
}

/** Of lists. */
const LONG_SHARE = 0.15;
const HANDED_BACK = { code: 'returned', message: 'not begun' };

/** One process of a task server that keeps the ten rules of the protocol, and now and then misbehaves. */
export class ServerInstance {
  private readonly sender: Sender;
  private readonly beater: Sender;
  private readonly seen = new Set<string>();
  private readonly cancelled = new Set<string>();
  private readonly queue: { readonly invoke: InvokeCommand; readonly since: number }[] = [];
  private readonly running = new Set<string>();
  private generation = 0;
  private draining = false;

  constructor(
    private readonly context: ServerContext,
    private readonly line: Line,
    /** How far its host's clock is ahead of the database's. */
    private readonly clockAheadMs: number,
  ) {
    const { server, random } = context;
    const source = `/servers/${server}/${this.name}`;
    this.sender = new Sender(line, random, source, { clockAheadMs });
    this.beater = new Sender(line, random, source, { clockAheadMs, what: 'beat' });
  }

  private get name(): string {
    return this.line.process.name;
  }

  get process() {
    return this.line.process;
  }

  get isIdle(): boolean {
    return this.sender.isIdle && this.queue.length + this.running.size === 0;
  }

  /** A heartbeat every second. */
  beat(): void {
    if (!this.context.beats || this.draining) return;
    void this.say('online');
    this.line.world.after(1_000, this.process, () => this.beat());
  }

  private say(state: 'online' | 'draining' | 'offline'): Promise<void> {
    const { server } = this.context;
    const counts = { queued: this.queue.length, started: this.running.size };
    const data = {
      server,
      instance: this.name,
      state,
      capacity: this.context.capacity,
      queueLimit: 4,
      ...counts,
    };
    return this.beater.event(TOPICS.servers, server, EventType.serverHeartbeat, data);
  }

  /** Hands back what was not begun, finishes the rest, says `offline`. Called after it left the group. */
  async drain(): Promise<void> {
    this.draining = true;
    this.generation += 1;
    for (const { invoke } of this.queue.splice(0))
      await this.report(invoke, EventType.taskError, { error: HANDED_BACK });
    while (!this.isIdle) await this.line.world.sleep(50, this.process);
    if (this.context.beats) await this.say('offline');
    this.process.kill();
  }

  assigned(partitions: readonly TopicPartition[]): void {
    const generation = ++this.generation;
    for (const { topic, partition } of partitions) void this.consume(generation, topic, partition);
  }

  private async consume(generation: number, topic: string, partition: number): Promise<void> {
    const { broker, world, faults, process } = this.line;
    const { committed } = this.context;
    let position = committed.get(partition) ?? 0n;
    while (generation === this.generation) {
      await new Promise<void>((resolve) =>
        broker.onRecord(topic, partition, position, () => world.after(faults.latencyMs(), process, resolve)),
      );
      if (generation !== this.generation) return;
      const record = broker.log(topic, partition)[Number(position)];
      position += 1n;
      if (record && !record.isControl) await this.take(record);
      if (position > (committed.get(partition) ?? 0n)) committed.set(partition, position);
    }
  }

  private async take({ value }: LoggedRecord): Promise<void> {
    const { type, data } = JSON.parse(value?.toString() ?? '{}') as { type: string; data: InvokeCommand };
    const { faults, world } = this.line;
    const { invocation } = data;
    if (type === EventType.taskCancel) return void this.cancelled.add(invocation);
    if (this.seen.has(invocation) || this.cancelled.has(invocation)) return;
    if (world.now + this.clockAheadMs > Date.parse(data.expiresAt) + 2_000)
      return faults.count('expired invoke');
    if (faults.happens('serverMisbehaves')) return faults.count('never acknowledged');
    this.seen.add(invocation);
    if (this.running.size < this.context.capacity) {
      this.running.add(invocation);
      await this.report(data, EventType.taskStarted);
      void this.work(data);
    } else {
      this.queue.push({ invoke: data, since: world.now });
      await this.report(data, EventType.taskQueued, { position: this.queue.length });
    }
  }

  private async work(invoke: InvokeCommand): Promise<void> {
    const { world, faults, process } = this.line;
    const { random, workMs } = this.context;
    await world.sleep(random.between(5, workMs), process);
    const misbehaves = faults.happens('serverMisbehaves');
    if (misbehaves && random.chance(0.5)) await world.sleep(random.between(3_000, 18_000), process);
    const neverEnds = misbehaves && random.chance(0.4);
    if (!neverEnds && !this.cancelled.has(invoke.invocation)) await this.finish(invoke, misbehaves);
    this.running.delete(invoke.invocation);
    await this.next();
  }

  private async finish(invoke: InvokeCommand, misbehaves: boolean): Promise<void> {
    const { random, lists } = this.context;
    if (misbehaves && random.chance(0.3))
      await this.report(invoke, EventType.taskCompleted, {}, { lease: 'forged' });
    if (random.chance(0.12)) {
      const error = { code: 'broken', message: 'it broke', retryable: random.chance(0.8) };
      return this.report(invoke, EventType.taskError, { error });
    }
    const length = random.chance(LONG_SHARE) ? random.between(8, 24) : random.between(0, 4);
    const items = Array.from({ length }, (_, value) => value);
    const output: JsonObject = lists.has(invoke.task) ? { items } : { value: invoke.attempt };
    const unstorable = misbehaves && random.chance(0.2) ? { text: UNSTORABLE } : {};
    await this.report(invoke, EventType.taskCompleted, { output: { ...output, ...unstorable } });
  }

  private async next(): Promise<void> {
    const { world } = this.line;
    while (this.running.size < this.context.capacity) {
      const next = this.queue.shift();
      if (!next) return;
      const { invocation } = next.invoke;
      if (this.cancelled.has(invocation) || world.now - next.since > SETTINGS.timeouts.startMs) continue;
      this.running.add(invocation);
      await this.report(next.invoke, EventType.taskStarted);
      void this.work(next.invoke);
    }
  }

  private report(invoke: InvokeCommand, type: string, more: object = {}, forged: object = {}): Promise<void> {
    const { invocation, run, task, attempt, lease } = invoke;
    const identity = { invocation, run, task, attempt, lease, instance: this.name };
    return this.sender.event(TOPICS.events, run, type, { ...identity, ...more, ...forged });
  }
}
