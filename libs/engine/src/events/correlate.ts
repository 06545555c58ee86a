import { tokensOf, type EventSetBody, type JsonObject, type JsonValue } from '@cordyna/protocol/model';

const MAX_KEY = 256;

export type Correlated =
  { readonly ok: true; readonly key: string } | { readonly ok: false; readonly reason: string };

/** The value of the set's correlation key; empty for a set without one. */
export function correlationOf({ correlate }: Pick<EventSetBody, 'correlate'>, data: JsonObject): Correlated {
  if (correlate === undefined) return { ok: true, key: '' };
  const value = valueAt(data, correlate);
  if (value === undefined || value === null) return { ok: false, reason: `its data has no ${correlate}` };
  if (typeof value === 'object') return { ok: false, reason: `${correlate} of its data is no single value` };
  // The text "1" and the number 1 are different values.
  const key = JSON.stringify(value);
  if (key.length > MAX_KEY)
    return { ok: false, reason: `${correlate} of its data is longer than ${MAX_KEY} characters` };
  return { ok: true, key };
}

/** RFC 6901. */
function valueAt(data: JsonObject, pointer: string): JsonValue | undefined {
  let at: JsonValue | undefined = data;
  for (const name of tokensOf(pointer)) {
    if (typeof at !== 'object' || at === null) return undefined;
    at = Object.hasOwn(at, name) ? (at as { readonly [name: string]: JsonValue })[name] : undefined;
  }
  return at;
}
