import type { LookQuestion, TimerQueries } from '../../../apps/cerebro/src/coordination/index.js';
import {
  Snapshot,
  Store,
  positionOf,
  type Changes,
  type CommitOrder,
  type HeldCommit,
  type Loaded,
  type Needs,
  type OutboundBus,
  type Reader,
  type Saved,
} from '../../../apps/cerebro/src/coordination/index.js';
import type { Sabotage } from '../world/sabotages.js';
import type { Database } from '../store/database.js';

/** The store as a coordinator has it when it leaves out a part of what it should compare or remember. */
export class SabotagedStore extends Store {
  constructor(
    private readonly store: Store,
    private readonly db: Database,
    private readonly sabotage: Sabotage | null,
  ) {
    super();
  }

  load(needs: Needs): Promise<Loaded> {
    return this.forgetful(this.store, needs);
  }

  commit(changes: Changes, order?: CommitOrder): Promise<Saved> {
    return this.store.commit(this.careless(changes), order);
  }

  commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    return this.store.commitLocked(async (reader) =>
      this.careless(await decide({ load: (needs) => this.forgetful(reader, needs) })),
    );
  }

  hold(changes: Changes, stamp: number): Promise<HeldCommit> {
    return this.store.hold(this.careless(changes), stamp);
  }

  private async forgetful(reader: Reader, needs: Needs): Promise<Loaded> {
    const loaded = await reader.load(needs);
    return this.sabotage === 'dedupe forgotten' ? { ...loaded, positions: new Map() } : loaded;
  }

  private careless(changes: Changes): Changes {
    const { freshness, registry } = changes;
    const { db } = this;
    switch (this.sabotage) {
      case 'freshness unchecked':
        return { ...changes, freshness: { ...freshness, read: new Map() } };
      case 'changed runs only':
        return {
          ...changes,
          absentRuns: [],
          freshness: { ...freshness, read: new Map() },
          registry: { ...registry, read: null },
        };
      case 'dedupe forgotten':
        return {
          ...changes,
          positions: changes.positions.map((position) => ({
            ...position,
            from: db.positions.get(positionOf(position.topic, position.partition)) ?? null,
          })),
        };
      default:
        return changes;
    }
  }
}

/** What timers ask, with answers that say more than is known. */
export function sabotaged(queries: TimerQueries, bus: OutboundBus, sabotage: Sabotage | null): TimerQueries {
  if (sabotage === 'no watermark') return allRead(queries, bus);
  return sabotage === 'no snapshot' ? allSeen(queries) : queries;
}

/** As if a look had seen all that is under way when it is answered. */
const allSeen = (queries: TimerQueries): TimerQueries =>
  Object.assign(Object.create(queries) as TimerQueries, {
    look: async (question: LookQuestion) => ({
      ...(await queries.look(question)),
      snapshot: new Snapshot(2n ** 62n, new Set()),
    }),
  });

/** As if everything that is in the log were always applied. */
const allRead = (queries: TimerQueries, bus: OutboundBus): TimerQueries =>
  Object.assign(Object.create(queries) as TimerQueries, {
    look: async (question: LookQuestion) => ({
      ...(await queries.look(question)),
      positions: await bus.endOffsets(question.topics),
    }),
  });
