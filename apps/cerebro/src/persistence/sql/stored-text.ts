import { StoreRefused } from '../../coordination/ports/index.js';

/** NUL and halves of surrogate pairs, which JSON.stringify always escapes; an escaped backslash before them is none. */
const UNSTORABLE = /(?<!\\)(?:\\\\)*\\u(?:0000|d[89a-f])/;

/**
 * JSON that becomes `jsonb` when it is read, and must be such when it is stored: the same is refused as PostgreSQL would.
 * https://www.postgresql.org/docs/current/datatype-json.html
 * @param json as JSON.stringify makes it
 * @throws StoreRefused
 */
export function storable(json: string): string {
  if (json.includes('\\u') && UNSTORABLE.test(json))
    throw new StoreRefused('a text holds NUL or half of a surrogate pair, which PostgreSQL does not store');
  return json;
}
