import type { OutMessage } from '@cordyna/bus';
import { encodeStructured } from '@cordyna/protocol/wire';
import { produce, type Line } from '../kafka/fake-bus.js';
import type { Random } from '../world/random.js';

/** Sends in order, each message until Kafka has taken it: at least once, as any client does. */
export class Sender {
  private last: Promise<void> = Promise.resolve();
  private pending = 0;
  private nextId = 0;
  private readonly what: string;
  /** How far the host's clock is ahead. */
  private readonly clockAheadMs: number;

  constructor(
    private readonly line: Line,
    private readonly random: Random,
    private readonly source: string,
    { what = 'message', clockAheadMs = 0 }: { readonly what?: string; readonly clockAheadMs?: number } = {},
  ) {
    this.what = what;
    this.clockAheadMs = clockAheadMs;
  }

  get isIdle(): boolean {
    return this.pending === 0;
  }

  /** An event of the protocol. Resolves once it is in the log. */
  event(topic: string, key: string, type: string, data: object): Promise<void> {
    const id = `${this.what}-${this.nextId++}`;
    const time = new Date(this.line.world.now + this.clockAheadMs).toISOString();
    const event = { specversion: '1.0', id, source: this.source, type, time, data } as const;
    return this.raw({ topic, key, ...encodeStructured(event) });
  }

  raw(message: OutMessage): Promise<void> {
    this.pending += 1;
    const sent = this.last.then(() => this.untilTaken(message));
    this.last = sent;
    return sent;
  }

  private async untilTaken(message: OutMessage): Promise<void> {
    const { world, faults, broker, process } = this.line;
    for (;;) {
      const [result] = await produce(this.line, [message]);
      if (result?.ok) break;
      await world.sleep(300, process);
    }
    if (faults.happens('duplicate')) world.hold(this.random.between(0, 5_000), () => broker.append(message));
    this.pending -= 1;
  }
}
