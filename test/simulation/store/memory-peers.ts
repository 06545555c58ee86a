import {
  Peers,
  StoreUnavailable,
  type GonePeer,
  type PeerSign,
  type PeersSeen,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Process } from '../world/process.js';
import { request, type Connection } from './memory-store.js';

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;

/** A session lasts as long as its process and PostgreSQL do. */
interface PeerSession {
  readonly process: Process;
  readonly crashes: number;
  readonly beganAt: number;
}

/** What a coordinator has said of itself. */
export interface PeerRow {
  readonly member: string | null;
  readonly session: PeerSession;
  readonly signedAt: number;
  readonly takenOut: string | null;
  readonly takenOutAt: number | null;
}

/** The coordinators that know of each other, over a table in memory. */
export class MemoryPeers extends Peers {
  private session: PeerSession | null = null;

  constructor(private readonly connection: Connection & { readonly process: Process }) {
    super();
  }

  sign({ instance, member }: PeerSign, silentMs: number): Promise<PeersSeen> {
    return this.do((now) => {
      const { peers } = this.connection.db;
      const before = peers.get(instance) ?? { takenOut: null, takenOutAt: null };
      peers.set(instance, { ...before, member, session: this.opened(now), signedAt: now });
      const all = [...peers].filter(([other]) => other !== instance);
      const isHeard = ({ signedAt }: PeerRow): boolean => signedAt > now - silentMs;
      return {
        others: all.filter(([, row]) => isHeard(row)).map(([other]) => other),
        isAnySilent: all.some(([, row]) => !isHeard(row) && row.member !== row.takenOut),
      };
    });
  }

  takeGone(instance: string, silentMs: number): Promise<readonly GonePeer[]> {
    return this.do((now) => {
      const { peers } = this.connection.db;
      if (this.opened(now).beganAt >= now - silentMs) return [];
      const taken: GonePeer[] = [];
      for (const [other, row] of peers) {
        const { member, takenOut, takenOutAt, signedAt, session } = row;
        const isSilent = signedAt >= now - HOUR_MS && signedAt <= now - silentMs;
        const isKnown = takenOut === member || (takenOutAt !== null && takenOutAt >= now - MINUTE_MS);
        if (other === instance || member === null || !isSilent || isKnown || this.isOpen(session)) continue;
        peers.set(other, { ...row, takenOut: member, takenOutAt: now });
        taken.push({ instance: other, member });
      }
      return taken;
    });
  }

  async leave(instance: string): Promise<void> {
    await this.do(() => this.connection.db.peers.delete(instance));
  }

  private isOpen({ process, crashes }: PeerSession): boolean {
    return process.isAlive && crashes === this.connection.faults.crashes;
  }

  private opened(now: number): PeerSession {
    const { process, faults } = this.connection;
    if (!this.session || !this.isOpen(this.session))
      this.session = { process, crashes: faults.crashes, beganAt: now };
    return this.session;
  }

  private do<T>(work: (now: number) => T): Promise<T> {
    const { db } = this.connection;
    return request<T>(this.connection, (done) => done(null, work(db.clock()))).catch((error: unknown) => {
      throw error instanceof Error ? new StoreUnavailable(error.message) : error;
    });
  }
}
