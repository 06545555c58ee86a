import type { JsonObject } from '@cordyna/protocol/model';
import {
  EventQueries,
  Events,
  RequestRefused,
  type ChangedBy,
  type CirrusQueue,
  type NewEvent,
  type RuleFiringView,
  type SignalView,
} from '../../../src/coordination/index.js';
import { RUN } from './memory.js';

const AT = '2026-11-21T10:00:00.000Z';
export const SIGNAL = '5f0cf9a4-1e0f-5d0e-9d5a-6f2d6b1a7c11';

/** Remembers what it is told; an event of the type `fires` fires the rule `known`. */
export class MemoryEvents extends Events {
  readonly told: NewEvent[] = [];
  readonly asked: unknown[] = [];

  async tell(event: NewEvent) {
    this.told.push(event);
    const fires = event.type === 'fires';
    const outcome = fires ? ('triggered' as const) : ('no_rule' as const);
    return { signal: SIGNAL, outcome, created: true, rules: fires ? ['known'] : [] };
  }

  async resetFuse(rule: string, by: ChangedBy) {
    if (rule !== 'known') throw new RequestRefused('unknown_definition', `there is no rule ${rule}`);
    this.asked.push(['reset', by]);
  }

  async noteRuleState(rule: string, state: string) {
    this.asked.push([rule, state]);
  }

  async clearQueue(queue: CirrusQueue) {
    this.asked.push(['clear', queue]);
  }
}

export class MemoryEventQueries extends EventQueries {
  private readonly view: SignalView = {
    ...{ signal: SIGNAL, source: '/a', id: 'known', type: 'paid', subject: null, time: AT, receivedAt: AT },
    outcome: 'triggered',
    rules: [
      { rule: 'a', outcome: 'triggered', reason: null, firing: SIGNAL, state: 'done', run: RUN, error: null },
      { rule: 'b', outcome: 'filtered', reason: 'no', firing: null, state: null, run: null, error: null },
    ],
  };

  async signals() {
    return { items: [this.view], next: null };
  }

  async signal(id: string) {
    return id === 'known' ? { ...this.view, data: { order: 1 } } : null;
  }

  async ruleFirings(rule: string) {
    const one: RuleFiringView = {
      ...{ firing: SIGNAL, rule, version: 1, at: AT, state: 'error', attempt: 0, run: null, finishedAt: AT },
      error: { code: 'no_runner', message: 'there is none' },
      events: [{ signal: SIGNAL, type: 'paid' }],
    };
    return { items: [one], next: null };
  }

  async fuse(rule: string) {
    const blown = { at: AT, reason: 'more than 1 firings within a minute' };
    return { rule, state: 'blown', firings: 1, blown, reset: null } as const;
  }

  async cirrusQueue(queue: CirrusQueue) {
    const payload: JsonObject = queue === 'event' ? { action: 'trigger' } : { state: 'triggered' };
    return [{ name: 'ns:one', payload, at: 1_500 }];
  }
}
