import { EventType } from '@cordyna/protocol/model';
import { Process } from '../world/process.js';
import { Sender } from './sender.js';
import { TOPICS, type Site } from './site.js';
import type { RunningCoordinator } from './coordinator.js';
import type { Scenario } from './scenario.js';

/** What outside parties were promised: the checker holds the installation to it. */
export interface Promises {
  /** Runs whose request was answered over HTTP. */
  readonly answered: Set<string>;
}

/** Everybody who asks for runs, over the bus and over HTTP, and those who write nonsense. */
export class Clients {
  readonly promises: Promises = { answered: new Set() };
  private readonly sender: Sender;
  private requests = 0;

  constructor(
    private readonly site: Site,
    private readonly scenario: Scenario,
    private readonly coordinators: () => readonly RunningCoordinator[],
  ) {
    const { world, broker, faults, random } = site;
    this.sender = new Sender({ world, broker, faults, process: new Process('clients') }, random, '/clients');
  }

  get isIdle(): boolean {
    return this.sender.isIdle;
  }

  /** Everything that waits for nothing, at once, some of it more than once. */
  burst(): void {
    for (const { server, tasks } of this.scenario.declarations)
      for (const { name, dependsOn = [] } of tasks)
        for (let n = this.site.random.between(1, 3); n > 0 && dependsOn.length === 0; n--)
          this.request(`${server}.${name}`);
  }

  request(task = this.site.random.pick(this.scenario.tasks)): void {
    const { random, world } = this.site;
    const key = `key-${this.requests++}`;
    const scope = random.chance(0.15) ? 'task' : 'downstream';
    const request = { task, scope, idempotencyKey: key } as const;
    const repetitions = random.chance(0.3) ? random.between(2, 3) : 1;
    for (let n = 0; n < repetitions; n++) {
      world.after(random.between(0, 500) * n, null, () => {
        if (random.chance(0.3)) this.overHttp((one) => this.ask(one, request));
        else void this.sender.event(TOPICS.invocations, `${random.next()}`, EventType.runRequested, request);
      });
    }
  }

  private async ask(
    one: RunningCoordinator,
    request: Parameters<RunningCoordinator['commands']['requestRun']>[0],
  ) {
    const { run } = await one.commands.requestRun(request, '/http');
    this.promises.answered.add(run);
  }

  cancelOrRetry(): void {
    const { random, db } = this.site;
    const runs = [...db.runs.keys()];
    if (runs.length === 0) return;
    const run = random.pick(runs);
    const isOpen = db.runs.get(run)?.state === 'running';
    // Mostly what makes sense: the other is refused.
    const cancels = random.chance(0.9) ? isOpen : !isOpen;
    this.overHttp(({ commands }) =>
      cancels ? commands.cancelRun(run, 'not wanted', '/http') : commands.retryRun(run, '/http'),
    );
  }

  /** Refusals are answers too, and a coordinator that dies gives none. */
  private overHttp(call: (one: RunningCoordinator) => Promise<void>): void {
    const { world, random } = this.site;
    const alive = this.coordinators().filter(({ process }) => process.isAlive);
    if (alive.length === 0) return;
    const one = random.pick(alive);
    world.after(1, one.process, () => void call(one).catch(() => undefined));
  }

  nonsense(): void {
    const { random } = this.site;
    const topic = random.pick([TOPICS.events, TOPICS.invocations, TOPICS.servers, TOPICS.signals]);
    const value = random.pick(['{', 'null', '{"specversion":"1.0"}', '\u0000', '']);
    void this.sender.raw({ topic, key: `${random.next()}`, value });
  }
}
