import type { DefinitionChange } from '../../../apps/cerebro/src/coordination/index.js';
import { encodeStructured } from '@cordyna/protocol/wire';
import { Process } from '../world/process.js';
import type { RunningCoordinator } from './coordinator.js';
import { drawn, type Scenario } from './scenario.js';
import { Sender } from './sender.js';
import { TOPICS, type Site } from './site.js';

const TYPES = ['x', 'y', 'z'];
const AUTO = { cmd: '__auto_trigger__' };

/** Rules of every kind, on a task of the scenario: one after the other, with a window, latched, and with a fuse. */
function changesOf(task: string): readonly DefinitionChange[] {
  const sets = {
    pair: { events: ['x', 'y'], correlate: '/n' },
    next: { events: ['z'] },
    last: { events: ['w'] },
    quick: { events: ['x', 'z'], windowMs: 3_000 },
    latch: { events: ['x', 'z'], latched: true },
  };
  const rules = {
    pair: {
      eventSet: 'pair',
      activity: { task, scope: 'task', eventsAs: 'events' },
      triggering: 'next',
      attempts: 2,
    },
    next: { eventSet: 'next', activity: AUTO, triggering: 'last' },
    quick: { eventSet: 'quick', activity: AUTO },
    latch: { eventSet: 'latch', activity: AUTO, firingsPerMinute: 3 },
  };
  const put = (kind: 'event-set' | 'rule', all: object): DefinitionChange[] =>
    Object.entries(all).map(([name, body]) => ({ kind, name, action: 'put', body: body as never, path: '' }));
  return [...put('event-set', sets), ...put('rule', rules)];
}

/** Who defines rules, and tells of events over the bus and over HTTP, some of them more than once. */
export class Happenings {
  /** Ids of events that were told of over HTTP. */
  readonly asked = new Set<string>();
  /** Of those whose telling was answered. */
  readonly answered = new Set<string>();
  private readonly sender: Sender;
  private told = 0;
  private isDefined = false;

  constructor(
    private readonly site: Site,
    private readonly scenario: Scenario,
    private readonly coordinators: () => readonly RunningCoordinator[],
  ) {
    const { world, broker, faults, random } = site;
    const line = { world, broker, faults, process: new Process('happenings') };
    this.sender = new Sender(line, random, '/happenings');
  }

  get isIdle(): boolean {
    return this.sender.isIdle;
  }

  start(): void {
    const { world, random } = this.site;
    this.define();
    for (let n = drawn(random, 5, 30, this.scenario); n > 0; n--)
      world.after(random.between(1_000, this.scenario.troubleMs), null, () => this.tell());
  }

  /** Until it is answered: a coordinator that dies answers nothing. */
  private define(): void {
    const { random, world } = this.site;
    if (this.isDefined) return;
    const task = this.scenario.tasks[0] ?? '';
    this.overHttp(async ({ definitions }) => {
      await definitions.change(changesOf(task), { author: null, reason: null });
      this.isDefined = true;
    });
    world.after(random.between(500, 1_000), null, () => this.define());
  }

  private tell(): void {
    const { random, world } = this.site;
    const id = `event-${this.told++}`;
    const type = random.pick(TYPES);
    const data = { n: random.between(0, 2) };
    for (let n = random.chance(0.3) ? random.between(2, 3) : 1; n > 0; n--) {
      world.after(random.between(0, 800) * n, null, () => {
        if (random.chance(0.3)) this.overHttp((one) => this.tellOne(one, id, type, data));
        else this.send(id, type, data);
      });
    }
  }

  private async tellOne({ events }: RunningCoordinator, id: string, type: string, data: { n: number }) {
    this.asked.add(id);
    await events.tell({ source: '/happenings', id, type, subject: null, at: null, data });
    this.answered.add(id);
  }

  private send(id: string, type: string, data: { n: number }): void {
    const event = { specversion: '1.0', id, source: '/happenings', type, data } as const;
    void this.sender.raw({ topic: TOPICS.signals, key: type, ...encodeStructured(event) });
  }

  private overHttp(call: (one: RunningCoordinator) => Promise<void>): void {
    const { world, random } = this.site;
    const alive = this.coordinators().filter(({ process }) => process.isAlive);
    if (alive.length === 0) return;
    const one = random.pick(alive);
    world.after(1, one.process, () => void call(one).catch(() => undefined));
  }
}
