import type { JsonObject, JsonValue } from '@cordyna/protocol/model';
import { heldAfter } from '../lifecycle/held.js';
import type { Freshness, FreshnessWrite, RunAge, World } from '../model/index.js';

/** A world whose answers a test sets; the freshness writes of decisions are kept as a store would keep them. */
export class TestWorld implements World {
  readonly undeclared = new Set<string>();
  /** Servers that are not named take any number. */
  readonly capacities = new Map<string, number>();
  /** Servers whose command topic is not known yet. */
  readonly unreachable = new Set<string>();
  /** Who asked for places, in order. */
  readonly asking: RunAge[] = [];
  readonly aggregates = new Map<string, Freshness>();
  /** Aggregates that a decision asked for. */
  readonly asked = new Set<string>();
  /** When set, all other aggregates are not loaded. */
  loaded: ReadonlySet<string> | null = null;
  jitterValue = 0.5;
  portion: number = Infinity;

  readonly declared = (task: string): boolean => !this.undeclared.has(task);
  readonly reachable = (server: string): boolean => !this.unreachable.has(server);
  readonly capacity = (server: string, asking: RunAge): number => {
    this.asking.push(asking);
    return this.capacities.get(server) ?? Infinity;
  };
  readonly jitter = (): number => this.jitterValue;

  readonly freshness = (task: string): Freshness | undefined => {
    this.asked.add(task);
    if (this.loaded && !this.loaded.has(task)) return undefined;
    return this.aggregates.get(task) ?? { task, consumed: {}, latest: null };
  };

  /** Knows one keyword: `required`, a list of keys. */
  readonly validate = (schema: JsonObject, value: JsonValue): readonly string[] => {
    const required = (schema.required ?? []) as readonly string[];
    return required
      .filter((key) => !Object.hasOwn(value as JsonObject, key))
      .map((key) => `${key} is missing`);
  };

  readonly invocationId: World['invocationId'] = (run, task, item, attempt) =>
    `${run}/${task}/${item?.index ?? '-'}/${attempt}`;

  keep({ task, consumed, latest, holders }: FreshnessWrite): void {
    const before = this.aggregates.get(task) ?? { task, consumed: {}, latest: null };
    this.aggregates.set(task, {
      task,
      ...heldAfter(before.holders, holders),
      consumed: { ...before.consumed, ...consumed },
      latest: latest ?? before.latest,
    });
  }

  /** As if this task had completed in another run. */
  complete(task: string, run: string, output: JsonObject = {}): void {
    this.keep({ task, latest: { run, output } });
  }
}
