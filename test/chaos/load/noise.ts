import type { BusRecord } from '@cordyna/bus';
import { EventType } from '@cordyna/protocol/model';
import { POISON_HEADER } from '../checker/evidence.js';
import type { Random } from '../../simulation/world/random.js';
import type { Message, Sender } from './sender.js';

const MAX_LATE_MS = 3_000;
const REMEMBERED = 200_000;

/** What a source that repeats itself, and one that writes rubbish, add to the load. */
export class Noise {
  duplicates = 0;
  poison = 0;
  private readonly seen = new Set<string>();
  private readonly pending = new Set<Promise<void>>();

  constructor(
    private readonly random: Random,
    private readonly sender: Sender,
    private readonly shares: { readonly duplicated: number; readonly poison: number },
  ) {}

  /** Of a record of `events`: repeats some of what task servers say, and writes poison among it. */
  hear({ partition, offset, key, value, headers }: BusRecord): void {
    const id = `${partition}@${offset}`;
    if (this.seen.has(id)) return;
    if (this.seen.size > REMEMBERED) this.seen.clear();
    this.seen.add(id);
    const text = value?.toString() ?? '';
    const isRepeatable = !text.includes('"/cerebro/') && headers[POISON_HEADER] === undefined;
    if (this.random.chance(this.shares.poison)) this.later(() => this.writePoison());
    if (!isRepeatable || !this.random.chance(this.shares.duplicated)) return;
    const copied = Object.fromEntries(Object.entries(headers).map(([name, one]) => [name, String(one)]));
    const copy: Message = { key: key?.toString() ?? null, value: text, headers: copied, partition };
    this.duplicates += 1;
    this.later(() => this.sender.send('events', copy));
  }

  /** Resolves when all of it is written. */
  async done(): Promise<void> {
    await Promise.all(this.pending);
  }

  private later(work: () => Promise<void>): void {
    const lateMs = this.random.between(0, MAX_LATE_MS);
    const one = new Promise<void>((resolve) => setTimeout(resolve, lateMs))
      .then(work)
      .finally(() => this.pending.delete(one));
    this.pending.add(one);
  }

  private writePoison(): Promise<void> {
    const [topic, value] = this.rubbish();
    this.poison += 1;
    const headers = { [POISON_HEADER]: 'yes' };
    return this.sender.send(topic, { key: `poison-${this.poison}`, value, headers });
  }

  private rubbish(): [topic: string, value: string | Buffer] {
    const { random } = this;
    const event = (type: string, data: object): string =>
      JSON.stringify({ specversion: '1.0', id: random.uuid(0), source: '/chaos', type, data });
    const attempt = { invocation: random.uuid(0), task: 'a.chain-1', attempt: 1, lease: 'x', instance: 'x' };
    const kinds: (() => [string, string | Buffer])[] = [
      () => [random.pick(['events', 'servers', 'invocations', 'signals']), 'this is no JSON'],
      () => [random.pick(['events', 'invocations']), Buffer.from([0xff, 0xfe, 0x00, 0x80])],
      () => [random.pick(['events', 'servers', 'invocations']), '{"neither":"type","nor":"source"}'],
      () => ['events', event(EventType.taskStarted, { ...attempt, run: random.uuid(0) })],
      () => ['events', event(EventType.taskCompleted, { run: random.uuid(0) })],
      () => ['invocations', event(EventType.runRequested, { task: 'a.nobody-has-it' })],
    ];
    return random.pick(kinds)();
  }
}
