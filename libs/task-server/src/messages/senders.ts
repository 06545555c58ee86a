import type { Bus } from '@cordyna/bus';
import type { TaskServerLog } from '../log.js';
import { OTHER_LIMITS, ReliableSender, UPDATE_LIMITS } from './reliable-sender.js';

/**
 * What goes to different topics goes by different producers: one that may not be written, or is missing, holds up no
 * update. All updates of an attempt go by one.
 */
export class Senders {
  readonly updates: ReliableSender;
  readonly heartbeats: ReliableSender;
  readonly requests: ReliableSender;
  readonly deadLetters: ReliableSender;

  constructor(bus: Bus, log: TaskServerLog) {
    const other = (): ReliableSender => new ReliableSender(bus.publisher(), log, OTHER_LIMITS);
    this.updates = new ReliableSender(bus.publisher(), log, UPDATE_LIMITS);
    this.heartbeats = other();
    this.requests = other();
    this.deadLetters = other();
  }

  /** Gives up what still waits. */
  close(): void {
    for (const sender of [this.updates, this.heartbeats, this.requests, this.deadLetters]) sender.close();
  }
}
