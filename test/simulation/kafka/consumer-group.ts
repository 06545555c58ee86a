import type { TopicPartition } from '@cordyna/bus';
import type { Process } from '../world/process.js';
import type { Random } from '../world/random.js';
import type { World } from '../world/world.js';

export interface Member {
  readonly process: Process;
  /** Told in its own time: until then it goes on with what it had. */
  assigned(partitions: readonly TopicPartition[]): void;
}

/** Shares partitions among the members that are alive; who is stopped for longer than the session is put out. */
export class ConsumerGroup {
  private readonly members = new Set<Member>();
  /** By themselves. */
  private readonly left = new WeakSet<Member>();
  private readonly lastSeen = new Map<Member, number>();
  private shared = '';
  private generation = 0;

  constructor(
    private readonly world: World,
    private readonly random: Random,
    private readonly partitions: () => readonly TopicPartition[],
    private readonly sessionMs: number,
  ) {}

  join(member: Member): void {
    this.members.add(member);
    this.lastSeen.set(member, this.world.now);
  }

  leave(member: Member): void {
    this.members.delete(member);
    this.left.add(member);
  }

  /** Somebody says that it is gone. If it is not, it goes on with what it had until it has joined again. */
  remove(name: string): boolean {
    const member = [...this.members].find(({ process }) => process.name === name);
    if (!member) return false;
    this.members.delete(member);
    this.world.after(this.random.between(500, 3_000), member.process, () => {
      if (!this.left.has(member)) this.join(member);
    });
    return true;
  }

  /** Gives everything out anew, though nobody came or went. */
  rebalance(): void {
    this.generation += 1;
  }

  start(): void {
    this.look();
    this.world.after(500, null, () => this.start());
  }

  private look(): void {
    const { now } = this.world;
    for (const member of this.members) {
      const isAwake = member.process.isAlive && member.process.wakesAt <= now;
      if (isAwake) this.lastSeen.set(member, now);
    }
    const present = [...this.members].filter(
      (member) => now - (this.lastSeen.get(member) ?? 0) < this.sessionMs,
    );
    const all = this.partitions();
    const sharing = `${this.generation} ${all.length} ${present.map(({ process }) => process.name).join()}`;
    if (sharing === this.shared) return;
    this.shared = sharing;
    const shares = new Map<Member, TopicPartition[]>(present.map((member) => [member, []]));
    const order = this.random.shuffled(present);
    this.random.shuffled(all).forEach((partition, at) => {
      const member = order[at % order.length];
      if (member) shares.get(member)?.push(partition);
    });
    for (const member of this.members) {
      const share = shares.get(member) ?? [];
      this.world.after(this.random.between(1, 300), member.process, () => member.assigned(share));
    }
  }
}
