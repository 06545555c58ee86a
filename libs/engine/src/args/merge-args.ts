import type { JsonObject, JsonValue } from '@cordyna/protocol/model';

export interface ArgsSource {
  /** `definition`, `job`, `run`, `job-task`, `task` or `output:<dependency>`. */
  readonly origin: string;
  readonly args: JsonObject;
}

export interface MergedArgs {
  readonly args: JsonObject;
  /** Top-level key → origin of its value. */
  readonly origins: { readonly [key: string]: string };
}

/** Shallow merge of top-level keys: of equal keys the last source's value stands, and its origin. */
export function mergeArgs(sources: Iterable<ArgsSource>): MergedArgs {
  // A map, because assigning the key `__proto__` of somebody's JSON would change a prototype.
  let merged: Map<string, { value: JsonValue; origin: string }> | null = null;
  for (const { origin, args } of sources) {
    for (const key of Object.keys(args)) {
      merged ??= new Map();
      merged.set(key, { value: args[key] as JsonValue, origin });
    }
  }
  if (!merged) return { args: {}, origins: {} };
  return {
    args: Object.fromEntries([...merged].map(([key, { value }]) => [key, value])),
    origins: Object.fromEntries([...merged].map(([key, { origin }]) => [key, origin])),
  };
}
