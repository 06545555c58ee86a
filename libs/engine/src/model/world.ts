import type { Item, JsonObject, JsonValue } from '@cordyna/protocol/model';

/** The latest completion of a task, in any run. */
export interface LatestOutput {
  readonly run: string;
  /** Of a `forEach` task: the outputs in order of index. */
  readonly output: JsonObject | readonly JsonObject[];
}

/** Aggregate of its own, one per task: what it consumed last, and its own latest completion. */
export interface Freshness {
  readonly task: string;
  /** dependency → the run whose completion this task consumed last */
  readonly consumed: { readonly [dependency: string]: string };
  readonly latest: LatestOutput | null;
  /** invocation → the places that it holds, of a task with limits */
  readonly holders?: Holders;
}

export type Holders = { readonly [invocation: string]: readonly string[] };

/** Who asks for a place with a server, or under a limit: older runs go first, those of the same instant by their ids. */
export interface RunAge {
  readonly run: string;
  /** Epoch ms. */
  readonly createdAt: number;
}

/** What a decision may look at besides the run itself. Every function is pure. */
export interface World {
  /** Is the server of the task declared, and not withdrawn? What it declares now matters to later runs only. */
  readonly declared: (task: string) => boolean;
  /** Can commands be sent to this server? Not before its command topic is known. */
  readonly reachable: (server: string) => boolean;
  /**
   * How many more invocations this server takes now from this run (flow control), or whether an older run waits for the
   * same place under a limit (0); Infinity is allowed.
   */
  readonly capacity: (server: string, asking: RunAge) => number;
  /** Undefined when it was not loaded, which is an error for what `freshnessNeeds` names. */
  readonly freshness: (task: string) => Freshness | undefined;
  /** How many invocations one decision begins at most; absent: all that it can. */
  readonly portion?: number;
  /** JSON Schema validation: messages of what is wrong, empty when valid. */
  readonly validate: (schema: JsonObject, value: JsonValue) => readonly string[];
  /** A UUID derived from the identity of an attempt. */
  readonly invocationId: (run: string, task: string, item: Item | null, attempt: number) => string;
  /** In [0, 1), derived from the invocation: the jitter of backoff. */
  readonly jitter: (invocation: string) => number;
}
