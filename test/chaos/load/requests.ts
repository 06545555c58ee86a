import { setTimeout as delay } from 'node:timers/promises';
import { EventType, type JsonObject } from '@cordyna/protocol/model';
import { api } from '@cordyna/testkit';
import type { AcceptedRequest } from '../checker/evidence.js';
import type { Random } from '../../simulation/world/random.js';
import { argsOf } from './graph.js';
import { insist } from './insist.js';
import type { Sender } from './sender.js';

export interface RequestOptions {
  /** What the keys of its requests begin with. */
  readonly name: string;
  readonly roots: readonly string[];
  readonly perSecond: number;
  /** No more than so many runs are open at once. */
  readonly maxOpen: number;
  /** Share of requests that are written twice. */
  readonly duplicated: number;
  readonly urls: () => readonly string[];
}

interface Wanted {
  readonly task: string;
  readonly run: string;
  readonly args: JsonObject;
}

const HTTP_SHARE = 0.1;
const CANCELLED_SHARE = 0.01;

/** Asks for runs at random times, over the bus and over HTTP, each until it has been taken in. */
export class Requests {
  readonly accepted: AcceptedRequest[] = [];
  private readonly openRuns = new Set<string>();
  private readonly pending = new Set<Promise<void>>();
  private asked = 0;

  constructor(
    private readonly random: Random,
    private readonly sender: Sender,
    private readonly options: RequestOptions,
  ) {}

  /** A run has ended, as the events tell. */
  end(run: string): void {
    this.openRuns.delete(run);
  }

  get open(): number {
    return this.openRuns.size;
  }

  async run(until: AbortSignal): Promise<void> {
    const { perSecond, maxOpen } = this.options;
    let dueMs = performance.now();
    while (!until.aborted) {
      dueMs += (-Math.log(1 - this.random.next()) * 1_000) / perSecond;
      const waitMs = dueMs - performance.now();
      if (waitMs > 0) await delay(waitMs);
      while (this.open >= maxOpen && !until.aborted) await delay(20);
      dueMs = Math.max(dueMs, performance.now() - 1_000);
      if (!until.aborted) this.ask();
    }
    await Promise.all(this.pending);
  }

  private ask(): void {
    const { random } = this;
    this.asked += 1;
    const task = random.pick(this.options.roots);
    const run = random.uuid(Date.now());
    this.openRuns.add(run);
    const overHttp = random.chance(HTTP_SHARE);
    const twice = random.chance(this.options.duplicated);
    const cancel = overHttp && random.chance(CANCELLED_SHARE / HTTP_SHARE);
    const wanted = { task, run, args: argsOf(task, random) };
    const asking = overHttp ? this.overHttp(wanted, cancel) : this.overBus(wanted, twice);
    const one = asking.finally(() => this.pending.delete(one));
    this.pending.add(one);
  }

  private async overBus(data: Wanted, twice: boolean): Promise<void> {
    const { run } = data;
    const key = `${this.options.name}-${this.asked}`;
    const body = { specversion: '1.0', id: key, source: '/chaos', type: EventType.runRequested };
    const value = JSON.stringify({ ...body, data });
    await this.sender.send('invocations', { key: run, value });
    this.accepted.push({ key, run });
    if (twice) await this.sender.send('invocations', { key: run, value });
  }

  private async overHttp(wanted: Wanted, cancel: boolean): Promise<void> {
    const { run } = wanted;
    const idempotencyKey = `${this.options.name}-${this.asked}`;
    const request = { ...wanted, idempotencyKey };
    const answered = await this.insist((url) => api(url).createRun(request));
    this.accepted.push({ key: idempotencyKey, run: answered });
    if (cancel) await this.insist((url) => api(url).cancel(run).catch(ignoreConflict));
  }

  /** Of any coordinator that answers. */
  private insist<T>(call: (url: string) => Promise<T>): Promise<T> {
    return insist(this.random, this.options.urls, call);
  }
}

/** It has ended already. */
function ignoreConflict(error: unknown): void {
  if ((error as { status?: number }).status !== 409) throw error;
}
