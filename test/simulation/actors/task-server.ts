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
    const beats = scenario.beating.has(server);
    this.context = { server, random, lists: scenario.lists, committed: new Map(), beats };
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
    const { world, broker, faults } = this.site;
    const process = new Process(`${this.server}-i${this.count++}`);
    const instance = new ServerInstance(this.context, { world, broker, faults, process });
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
