import type { TaskRun } from '@cordyna/engine';
import { holderOf, isWithServer, type ServerLoad } from './ports/index.js';

type Counts = Map<string, number>;

const add = (counts: Counts, name: string, change: number): void =>
  void counts.set(name, (counts.get(name) ?? 0) + change);

/** What a batch changes of what servers and their instances have, over all its runs. */
export class LoadChanges {
  /** server → attempts begun less ended */
  readonly unfinished: Counts = new Map();
  private readonly waiting: Counts = new Map();
  private readonly held = new Map<string, Counts>();

  /** A task run of the server is now `after`; null before when it was not there. */
  change(server: string, before: TaskRun | null, after: TaskRun): void {
    const change = Number(isWithServer(after)) - Number(before !== null && isWithServer(before));
    if (change !== 0) add(this.unfinished, server, change);
    const [left, holder] = [before && holderOf(before), holderOf(after)];
    if (left === holder) return;
    let held = this.held.get(server);
    if (!held) this.held.set(server, (held = new Map()));
    if (left !== null) add(held, left, -1);
    if (holder !== null) add(held, holder, 1);
  }

  /** So many more runs have pending tasks of the server. */
  wait(server: string, change: number): void {
    if (change !== 0) add(this.waiting, server, change);
  }

  /** Where it is not what it was. */
  changes(): readonly ServerLoad[] {
    const all: ServerLoad[] = [];
    for (const server of new Set([...this.unfinished.keys(), ...this.waiting.keys()])) {
      const [unfinished, waiting] = [this.unfinished.get(server) ?? 0, this.waiting.get(server) ?? 0];
      if (unfinished !== 0 || waiting !== 0) all.push({ server, instance: null, waiting, unfinished });
    }
    for (const [server, held] of this.held)
      for (const [instance, unfinished] of held)
        if (unfinished !== 0) all.push({ server, instance, waiting: 0, unfinished });
    return all;
  }
}
