import type { Process } from './process.js';

export interface Event {
  at: number;
  readonly order: number;
  /** Null: the world itself, which is never stopped. */
  readonly owner: Process | null;
  run: (() => void) | null;
}

const before = (a: Event, b: Event): boolean => a.at < b.at || (a.at === b.at && a.order < b.order);

/** Binary heap: the earliest event first, of equal times the one planned first. */
export class EventHeap {
  private readonly events: Event[] = [];

  get size(): number {
    return this.events.length;
  }

  push(event: Event): void {
    const { events } = this;
    let at = events.push(event) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = events[parent] as Event;
      if (!before(event, above)) break;
      events[at] = above;
      at = parent;
    }
    events[at] = event;
  }

  pop(): Event | undefined {
    const { events } = this;
    const first = events[0];
    const last = events.pop();
    if (!first || !last || first === last) return first;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= events.length) break;
      const right = events[child + 1];
      if (right && before(right, events[child] as Event)) child += 1;
      const below = events[child] as Event;
      if (!before(below, last)) break;
      events[at] = below;
      at = child;
    }
    events[at] = last;
    return first;
  }
}
