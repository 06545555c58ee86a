import type { JsonValue } from '@cordyna/protocol/model';

/** Bytes of a value as JSON in UTF-8. */
export const jsonBytes = (value: JsonValue): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** A control character takes six as an escape; any other UTF-16 unit at most three. */
const MOST_BYTES_OF_UNIT = 6;
const MOST_BYTES_OF_NUMBER = 25;

/** Is the value as JSON longer than `limit` bytes? Encodes only what could be. */
export function exceeds(value: JsonValue, limit: number): boolean {
  if (roomLeft(value, limit) >= 0) return false;
  const text = JSON.stringify(value);
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}

/** What the value leaves of so many bytes at least; negative as soon as it may leave nothing. */
function roomLeft(value: JsonValue | undefined, bytes: number): number {
  if (typeof value === 'string') return bytes - value.length * MOST_BYTES_OF_UNIT - 2;
  if (typeof value !== 'object' || value === null) return bytes - MOST_BYTES_OF_NUMBER;
  let left = bytes - 2;
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length && left >= 0; at++) left = roomLeft(value[at] as JsonValue, left - 1);
    return left;
  }
  const object = value as { readonly [name: string]: JsonValue | undefined };
  for (const name in object) {
    left = roomLeft(object[name], left - name.length * MOST_BYTES_OF_UNIT - 4);
    if (left < 0) break;
  }
  return left;
}
