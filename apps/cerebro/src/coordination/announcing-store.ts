import {
  Store,
  type Changes,
  type CommitOrder,
  type HeldCommit,
  type Loaded,
  type Needs,
  type Reader,
  type Saved,
} from './ports/index.js';

/** Is told of commits of this coordinator. */
export interface CommitListener {
  /** It is decided, and about to be sent. */
  begun?(changes: Changes): void;
  committed?(changes: Changes): void;
  /** What had begun is answered, whether or not it is committed. */
  over?(changes: Changes): void;
}

/** Tells of each commit. */
export class AnnouncingStore extends Store {
  constructor(
    private readonly store: Store,
    private readonly listeners: readonly CommitListener[],
  ) {
    super();
  }

  load(needs: Needs): Promise<Loaded> {
    return this.store.load(needs);
  }

  async commit(changes: Changes, order?: CommitOrder): Promise<Saved> {
    for (const listener of this.listeners) listener.begun?.(changes);
    try {
      const saved = await this.store.commit(changes, order);
      this.tell(changes);
      return saved;
    } finally {
      for (const listener of this.listeners) listener.over?.(changes);
    }
  }

  async commitLocked(decide: (reader: Reader) => Promise<Changes>): Promise<Saved> {
    const decided: Changes[] = [];
    const saved = await this.store.commitLocked(async (reader) => {
      const changes = await decide(reader);
      decided.push(changes);
      return changes;
    });
    for (const changes of decided.slice(-1)) this.tell(changes);
    return saved;
  }

  async hold(changes: Changes, stamp: number): Promise<HeldCommit> {
    const held = await this.store.hold(changes, stamp);
    const commit = async (): Promise<Saved> => {
      const saved = await held.commit();
      this.tell(changes);
      return saved;
    };
    return { commit, release: () => held.release() };
  }

  private tell(changes: Changes): void {
    for (const listener of this.listeners) listener.committed?.(changes);
  }
}
