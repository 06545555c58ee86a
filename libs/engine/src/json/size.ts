import type { JsonValue } from '@cordyna/protocol/model';

/** Bytes of a value as JSON in UTF-8. */
export const jsonBytes = (value: JsonValue): number => new TextEncoder().encode(JSON.stringify(value)).length;

/** Is the value as JSON longer than `limit` bytes? Encodes only what could be: a UTF-16 unit is at most 3 bytes. */
export function exceeds(value: JsonValue, limit: number): boolean {
  const text = JSON.stringify(value);
  return text.length * 3 > limit && new TextEncoder().encode(text).length > limit;
}
