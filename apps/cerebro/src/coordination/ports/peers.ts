/** What a coordinator says of itself to the others. */
export interface PeerSign {
  readonly instance: string;
  /** What the consumer group knows it by; null: it has not joined yet. */
  readonly member: string | null;
}

export interface GonePeer {
  readonly instance: string;
  readonly member: string;
}

/** What a coordinator is told of the others when it signs. */
export interface PeersSeen {
  /** Heard of within the time that was asked for. */
  readonly others: readonly string[];
  /** Somebody is silent who has not been taken out: {@link Peers.takeGone} may find one. */
  readonly isAnySilent: boolean;
}

/** The coordinators of an installation, as they know of each other by the database. All on one session, kept as long as it lasts. */
export abstract class Peers {
  /**
   * Says that this coordinator lives: its session is open, and this is when it was heard of.
   * @param silentMs others are silent that were not heard of for so long
   */
  abstract sign(sign: PeerSign, silentMs: number): Promise<PeersSeen>;
  /**
   * The others that were not heard of for so long and whose sessions are no more: their processes have ended, or cannot
   * reach the database. Each member is given once, to one caller, and of each coordinator one within a minute.
   * Empty while the caller's own session is younger than that: after a restart of the database the others come back, too.
   */
  abstract takeGone(instance: string, silentMs: number): Promise<readonly GonePeer[]>;
  /** It ends in order, and nobody has to look after it. */
  abstract leave(instance: string): Promise<void>;
}
