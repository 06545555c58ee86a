import type { EventState, RuleFiring } from '@cordyna/engine';
import { SIGNAL_OUTCOMES, type SignalOutcome } from '@cordyna/protocol/model';
import { NotLoaded } from './not-loaded.js';
import type {
  CirrusQueue,
  EventChanges,
  EventStateWrite,
  LoadedEvents,
  QueueEntry,
  RegistryChange,
  SignalRuleRow,
  StoredSignal,
  Versioned,
} from './ports/index.js';

const NOTHING: LoadedEvents = { signals: new Map(), firings: new Map(), states: new Map() };

/** The part of a batch's working set that is about events, rules and event sets. */
export class EventWork {
  private readonly added = new Map<string, StoredSignal>();
  private readonly taken = new Set<string>();
  private readonly rules = new Map<string, SignalRuleRow>();
  private readonly read = new Map<string, number>();
  private readonly states = new Map<string, EventStateWrite>();
  private readonly firings = new Map<string, Versioned<RuleFiring> | { version: null; value: RuleFiring }>();
  private readonly cleared = new Set<CirrusQueue>();
  private queue: QueueEntry[] = [];

  constructor(private readonly loaded: LoadedEvents = NOTHING) {}

  signal(id: string): StoredSignal | undefined {
    return this.added.get(id) ?? this.loaded.signals.get(id);
  }

  addSignal(signal: StoredSignal): void {
    this.added.set(signal.signal, signal);
  }

  /** Was it matched, in this batch or before? */
  isTaken(id: string): boolean {
    return this.taken.has(id) || this.signal(id)?.outcome !== 'pending';
  }

  /** What is said of it from now on is all that is said of it. */
  take(id: string): void {
    this.taken.add(id);
  }

  settle(row: SignalRuleRow): void {
    this.rules.set(`${row.signal}\n${row.rule}`, row);
  }

  /** Null: there is none, which the commit checks too. @throws NotLoaded */
  state(id: string): EventState | null {
    const written = this.states.get(id);
    if (written) return written.value;
    const found = this.loaded.states.get(id);
    if (!found) throw new NotLoaded({ events: { signals: [], firings: [], states: [id] } });
    this.read.set(id, found.version);
    return found.value;
  }

  saveState(write: EventStateWrite): void {
    this.states.set(write.id, write);
  }

  firing(id: string): RuleFiring | undefined {
    return (this.firings.get(id) ?? this.loaded.firings.get(id))?.value;
  }

  saveFiring(value: RuleFiring): void {
    const { firing } = value;
    const version = this.firings.get(firing)?.version ?? this.loaded.firings.get(firing)?.version ?? null;
    this.firings.set(firing, { version, value } as Versioned<RuleFiring>);
  }

  note(entry: QueueEntry): void {
    this.queue.push(entry);
  }

  clear(queue: CirrusQueue): void {
    this.cleared.add(queue);
    this.queue = this.queue.filter((entry) => entry.queue !== queue);
  }

  /** What the rules of this batch make of an event; `no_rule` when they say nothing of it. */
  outcomeOf(id: string): SignalOutcome {
    const found = new Set(
      [...this.rules.values()].filter(({ signal }) => signal === id).map(({ outcome }) => outcome),
    );
    return SIGNAL_OUTCOMES.find((outcome) => found.has(outcome as SignalRuleRow['outcome'])) ?? 'no_rule';
  }

  /** Undefined when nothing was read or changed. */
  changes(registry: readonly RegistryChange[]): EventChanges | undefined {
    if (registry.length === 0 && this.isUntouched) return undefined;
    const defined = registry.flatMap((change) => (change.kind === 'define' ? [change.definition] : []));
    const namesOf = (kind: string) => defined.filter((one) => one.kind === kind).map(({ name }) => name);
    const outcomes = this.outcomes();
    const withOutcome = (id: string): SignalOutcome => outcomes.get(id) ?? 'no_rule';
    const changes: EventChanges = {
      signals: [...this.added.values()].map((signal) =>
        this.taken.has(signal.signal) ? { ...signal, outcome: withOutcome(signal.signal) } : signal,
      ),
      matched: [...this.taken]
        .filter((signal) => !this.added.has(signal))
        .map((signal) => ({ signal, outcome: withOutcome(signal) })),
      rules: [...this.rules.values()],
      states: { read: this.read, writes: [...this.states.values()] },
      firings: [...this.firings.values()].map(({ version, value }) => ({ expectedVersion: version, value })),
      clearedQueues: [...this.cleared],
      queue: this.queue,
      changedRules: namesOf('rule'),
      changedSets: namesOf('event-set'),
    };
    const { states, ...lists } = changes;
    const isEmpty = states.read.size === 0 && Object.values(lists).every((list) => list.length === 0);
    return isEmpty ? undefined : changes;
  }

  private get isUntouched(): boolean {
    const { added, taken, rules, read, states, firings, cleared, queue } = this;
    const touched = added.size + taken.size + rules.size + read.size + states.size + firings.size;
    return touched + cleared.size + queue.length === 0;
  }

  private outcomes(): ReadonlyMap<string, SignalOutcome> {
    const best = new Map<string, SignalOutcome>();
    const rank = (outcome: SignalOutcome): number => SIGNAL_OUTCOMES.indexOf(outcome);
    for (const { signal, outcome } of this.rules.values()) {
      const known = best.get(signal);
      if (known === undefined || rank(outcome) < rank(known)) best.set(signal, outcome);
    }
    return best;
  }
}
