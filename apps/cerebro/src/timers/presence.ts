import { createHash } from 'node:crypto';
import { Logger } from '@nestjs/common';
import type { GonePeer, Peers } from '../coordination/index.js';
import { Ticker } from './ticker.js';

const EVERY_MS = 1_000;
/** Two signs that did not come. */
const SILENT_MS = 2_000;

const weightOf = (instance: string, name: string): string =>
  createHash('sha1').update(`${instance}\n${name}`).digest('hex');

/** Has the consumer group let go of somebody's member; false: it did not know it. */
export type RemoveMember = (member: string) => Promise<boolean>;

/**
 * Says once a second that this coordinator lives, and takes those out of the consumer group whose processes are gone:
 * what they had goes on at once, and not when their session with Kafka is over. Positions are fenced by the database,
 * so one that lives after all loses nothing but the time to join again.
 */
export class Presence {
  private readonly logger = new Logger('Presence');
  private readonly ticker = new Ticker('Presence', EVERY_MS, () => this.tick());
  private member: string | null = null;
  private others: readonly string[] = [];

  constructor(
    private readonly peers: Peers,
    private readonly instance: string,
    private readonly removeMember: RemoveMember,
  ) {}

  start(): void {
    this.ticker.start();
  }

  /** The group knows this coordinator by that name from now on. */
  joined(member: string): void {
    this.member = member;
    this.ticker.wake();
  }

  /**
   * Of all coordinators, as far as they are known, exactly one looks after a thing of that name (rendezvous hashing: when one
   * comes or goes, nothing changes hands between the others).
   */
  isOurs(name: string): boolean {
    const { others, instance } = this;
    if (others.length === 0) return true;
    const own = weightOf(instance, name);
    return others.every((other) => weightOf(other, name) < own);
  }

  async stop(): Promise<void> {
    await this.ticker.stop();
    // Whoever finds the row all the same finds a member that has left.
    await this.peers.leave(this.instance).catch(() => undefined);
  }

  async tick(): Promise<void> {
    const { instance, member } = this;
    const { others, isAnySilent } = await this.peers.sign({ instance, member }, SILENT_MS);
    this.others = others;
    if (!isAnySilent) return;
    const gone = await this.peers.takeGone(instance, SILENT_MS);
    await Promise.all(gone.map((peer) => this.takeOut(peer)));
  }

  private async takeOut({ instance, member }: GonePeer): Promise<void> {
    // When that fails the session timeout does it.
    const isRemoved = await this.removeMember(member);
    if (isRemoved) this.logger.warn(`${instance} is gone; its partitions go to the others`);
  }
}
