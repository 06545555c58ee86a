import { isUtf8 } from 'node:buffer';
import { MAX_NESTING } from '../../model/index.js';
import type { Poison } from './cloud-event.js';
import { poison } from './cloud-event.js';
import { scanJson } from './scan-json.js';

const beginsWithMark = (bytes: Buffer): boolean =>
  bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf;

/**
 * JSON as every reader of the bus can take it: strict UTF-8, nesting at most `maxNesting` (the outermost object is
 * level 1), no NUL and no half surrogate pair in any string or key, integers within ±(2^53-1), no number that
 * overflows, no key `__proto__`. A byte order mark is skipped.
 */
export function parseStrictJson(
  bytes: Buffer,
  maxNesting: number = MAX_NESTING,
): { readonly ok: true; readonly value: unknown } | Poison {
  if (!isUtf8(bytes)) return poison('not_utf8', 'the value is not UTF-8');
  const scan = scanJson(bytes, maxNesting);
  if (scan.fault) return poison(scan.fault.reason, scan.fault.detail);
  const text = bytes.toString('utf8', beginsWithMark(bytes) ? 3 : 0);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (error) {
    return poison('not_json', `the value is not JSON${positionOf(error)}`);
  }
  if ((scan.asciiEscapes || text.includes('__proto__')) && hasProtoKey(value)) {
    return poison('invalid_data', 'a key named __proto__');
  }
  return { ok: true, value };
}

/** Only the position: the parser's own message quotes the text. */
function positionOf(error: unknown): string {
  const at = error instanceof Error ? / at position \d+/.exec(error.message) : null;
  return at ? at[0] : '';
}

function hasProtoKey(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return Object.hasOwn(value, '__proto__') || Object.values(value).some(hasProtoKey);
}
