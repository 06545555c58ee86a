import { EventType, type ServerDeclaration } from '@cordyna/protocol/model';
import { ConsumerGroup } from '../kafka/consumer-group.js';
import { Process } from '../world/process.js';
import { Sender } from './sender.js';
import { ServerInstance, type ServerContext } from './server-instance.js';
import { SETTINGS, TOPICS, type Site } from './site.js';
import type { Scenario } from './scenario.js';

/** The instances of one task server: who dies is replaced. */
export class TaskServer {
  private readonly group: ConsumerGroup;
  private readonly context: ServerContext;
  private readonly declarer: Sender;
  private readonly members = new Map<
    ServerInstance,
    { process: Process; assigned: ServerInstance['assigned'] }
  >();
  private instances: ServerInstance[] = [];
  private count = 0;

  constructor(
    private readonly site: Site,
    readonly server: string,
    scenario: Scenario,
  ) {
    const { world, random, broker, faults } = site;
    const topic = TOPICS.commands(server);
    const partitions = () =>
      broker.has(topic)
        ? Array.from({ length: broker.partitionsOf(topic) }, (_, partition) => ({ topic, partition }))
        : [];
    this.group = new ConsumerGroup(world, random, partitions, SETTINGS.sessionMs);
    this.group.start();
    const committed = new Map<number, bigint>();
    const beats = scenario.beating.has(server);
    this.context = {
      server,
      random,
      lists: scenario.lists,
      workMs: scenario.workMs,
      capacity: random.between(1, 3),
      committed,
      beats,
    };
    const line = { world, broker, faults, process: new Process(`declarer-${server}`) };
    this.declarer = new Sender(line, random, `/servers/${server}/declarer`);
  }

  get isIdle(): boolean {
    return this.declarer.isIdle && this.instances.every((one) => !one.process.isAlive || one.isIdle);
  }

  declare(declaration: ServerDeclaration): Promise<void> {
    return this.declarer.event(TOPICS.declarations, this.server, EventType.serverDeclared, declaration);
  }

  withdraw(): Promise<void> {
    return this.declarer.raw({ topic: TOPICS.declarations, key: this.server, value: null });
  }

  startInstance(): void {
    const { world, broker, faults, random } = this.site;
    const process = new Process(`${this.server}-i${this.count++}`);
    const clockAheadMs = faults.happens('clockSkew') ? random.between(-5_000, 5_000) : 0;
    const instance = new ServerInstance(this.context, { world, broker, faults, process }, clockAheadMs);
    const member = { process, assigned: instance.assigned.bind(instance) };
    this.members.set(instance, member);
    this.instances = [...this.instances.filter((one) => one.process.isAlive), instance];
    world.after(0, process, () => {
      this.group.join(member);
      instance.beat();
    });
  }

  /** One of those that are alive. */
  any(): ServerInstance | null {
    const alive = this.instances.filter(({ process }) => process.isAlive);
    return alive.length === 0 ? null : this.site.random.pick(alive);
  }

  /** Does none of its instances sleep? */
  get isAwake(): boolean {
    const { now } = this.site.world;
    return this.instances.every(({ process }) => !process.isAlive || process.wakesAt <= now);
  }

  get alive(): number {
    return this.instances.filter(({ process }) => process.isAlive).length;
  }

  /** SIGTERM. */
  drain(instance: ServerInstance): void {
    const member = this.members.get(instance);
    this.site.world.after(0, instance.process, () => {
      if (member) this.group.leave(member);
      void instance.drain();
    });
  }
}
