/** Values of both stores as JSON has them; where an order says nothing, it is one and the same. */
export function plain(value: unknown): unknown {
  if (typeof value === 'bigint') return String(value);
  if (Buffer.isBuffer(value)) return value.toString('base64');
  if (value instanceof Map) return sorted([...value].map(plain));
  if (value instanceof Set) return sorted([...value].map(plain));
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  if (Symbol.iterator in value) return [...(value as Iterable<unknown>)].map(plain);
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .flatMap(([key, one]) => (one === undefined ? [] : [[key, plain(one)]])),
  );
}

export const sorted = (all: unknown[]): unknown[] =>
  all
    .map((one) => [JSON.stringify(one), one] as const)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, one]) => one);
