import { measured } from '../cluster/produce-message.js';
import type { ProduceMessage } from '../cluster/produce-message.js';
import type { OutMessage, PublishResult } from '../port.js';
import { bytesOf } from './plan.js';
import type { Outgoing } from './plan.js';

/** The results of one send: answered when all have come. */
export class Results {
  private readonly results: PublishResult[] = [];

  constructor(
    private open: number,
    private readonly answer: (results: PublishResult[]) => void,
  ) {}

  put(at: number, result: PublishResult): void {
    this.results[at] = result;
    this.open -= 1;
    if (this.open === 0) this.answer(this.results);
  }
}

export class Queued implements Outgoing {
  readonly record: ProduceMessage;
  readonly bytes: number;

  constructor(
    readonly message: OutMessage,
    private readonly results: Results,
    private readonly at: number,
  ) {
    this.record = measured(message);
    this.bytes = bytesOf(this.record);
  }

  settle(result: PublishResult): void {
    this.results.put(this.at, result);
  }
}
