import type { TopicPartition, TopicPartitionKey } from '../port.js';

/** A partition and the position that it is read from. */
export interface FetchPosition extends TopicPartition {
  readonly key: TopicPartitionKey;
  readonly offset: string;
}

export interface FetchPlan {
  readonly sessionId: number;
  readonly sessionEpoch: number;
  /** New to the broker, or to be read from elsewhere than it knows. */
  readonly changed: readonly FetchPosition[];
  readonly forgotten: readonly TopicPartition[];
}

const NO_SESSION = 0;
/** All partitions are named; the broker begins a session anew. */
const FIRST_EPOCH = 0;
const MAX_EPOCH = 2_147_483_647;
const SESSION_ID_NOT_FOUND = 70;
const INVALID_SESSION_EPOCH = 71;

/**
 * What one broker remembers from fetch to fetch (KIP-227): a request names the partitions whose position is not what the
 * broker knows, an answer holds those that have something. Whatever goes wrong, the next request names all of them and
 * begins a new session, so nothing that is read depends on both sides remembering the same.
 */
export class FetchSession {
  private id = NO_SESSION;
  private epoch = FIRST_EPOCH;
  private known = new Map<TopicPartitionKey, FetchPosition>();
  private isAnswered = false;
  private turn = 0;

  /** No answer has come yet. */
  get isNew(): boolean {
    return !this.isAnswered;
  }

  next(wanted: readonly FetchPosition[]): FetchPlan {
    const isFull = this.epoch === FIRST_EPOCH;
    const before = isFull ? new Map<TopicPartitionKey, FetchPosition>() : this.known;
    const changed = (isFull ? this.inTurn(wanted) : wanted).filter(
      ({ key, offset }) => before.get(key)?.offset !== offset,
    );
    const hasGone = before.size + changed.filter(({ key }) => !before.has(key)).length > wanted.length;
    const plan = { sessionId: this.id, sessionEpoch: this.epoch, changed };
    if (!hasGone) {
      this.known = before;
      for (const position of changed) before.set(position.key, position);
      return { ...plan, forgotten: [] };
    }
    this.known = new Map(wanted.map((position) => [position.key, position]));
    return { ...plan, forgotten: [...before.values()].filter(({ key }) => !this.known.has(key)) };
  }

  /** An answer is filled in the order of the request; within a session the broker sees to it that all have their turn. */
  private inTurn(wanted: readonly FetchPosition[]): readonly FetchPosition[] {
    const first = this.turn++ % Math.max(wanted.length, 1);
    return [...wanted.slice(first), ...wanted.slice(0, first)];
  }

  /** False: the broker does not know the session any more, and nothing was fetched. */
  answered({ errorCode, sessionId }: { readonly errorCode: number; readonly sessionId: number }): boolean {
    this.isAnswered = true;
    if (errorCode === SESSION_ID_NOT_FOUND || errorCode === INVALID_SESSION_EPOCH) {
      this.failed();
      if (errorCode === SESSION_ID_NOT_FOUND) this.id = NO_SESSION;
      return false;
    }
    this.id = sessionId;
    // A broker that has no room for a session, or ends one, gives none.
    if (sessionId === NO_SESSION) this.epoch = FIRST_EPOCH;
    else this.epoch = this.epoch === MAX_EPOCH ? 1 : this.epoch + 1;
    return true;
  }

  /** No answer, or none that can be read: the broker may have gone on or not. It drops the old session for the new one. */
  failed(): void {
    this.epoch = FIRST_EPOCH;
  }
}
