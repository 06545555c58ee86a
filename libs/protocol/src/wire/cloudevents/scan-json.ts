import type { DeadLetterReason } from '../../model/index.js';

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LOWER_U = 0x75;
/** A literal shorter than this is exact: 2^53 has 16 digits. */
const SHORT_NUMBER = 16;

export interface JsonScan {
  readonly fault: { readonly reason: DeadLetterReason; readonly detail: string } | null;
  /** An ASCII character is written as an escape, so that searching the bytes for a key may miss it. */
  readonly asciiEscapes: boolean;
}

const CLEAN: JsonScan = { fault: null, asciiEscapes: false };
const CLEAN_WITH_ESCAPES: JsonScan = { fault: null, asciiEscapes: true };

/**
 * One pass over the bytes, before `JSON.parse`: what the parser would accept and PostgreSQL, another language or the
 * stack would not. Whether it is JSON at all is left to the parser.
 */
export function scanJson(bytes: Uint8Array, maxNesting: number): JsonScan {
  const end = bytes.length;
  let depth = 0;
  let asciiEscapes = false;
  for (let i = 0; i < end; i++) {
    const byte = bytes[i]!;
    if (byte === QUOTE) {
      for (i++; i < end && bytes[i] !== QUOTE; i++) {
        if (bytes[i] !== BACKSLASH) continue;
        i++;
        if (bytes[i] !== LOWER_U) continue;
        const unit = codeUnit(bytes, i + 1);
        if (unit === 0) return fault('nul_character', `a NUL character at byte ${i - 1}`);
        if (unit < 0x80) asciiEscapes = true;
        if (unit >= 0xdc00 && unit <= 0xdfff) return loneSurrogate(i);
        i += 4;
        if (unit < 0xd800 || unit > 0xdbff) continue;
        if (bytes[i + 1] !== BACKSLASH || bytes[i + 2] !== LOWER_U) return loneSurrogate(i - 4);
        const low = codeUnit(bytes, i + 3);
        if (low < 0xdc00 || low > 0xdfff) return loneSurrogate(i - 4);
        i += 6;
      }
    } else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > maxNesting) return fault('too_deep', `nested deeper than ${maxNesting} levels`);
    } else if (byte === 0x7d || byte === 0x5d) {
      depth--;
    } else if (byte >= 0x30 && byte <= 0x39) {
      const start = i;
      while (i + 1 < end && isNumberByte(bytes[i + 1]!)) i++;
      if (i - start + 1 >= SHORT_NUMBER || hasExponent(bytes, start, i)) {
        const detail = numberFault(latin1(bytes, start, i + 1));
        if (detail) return fault('invalid_data', `${detail} at byte ${start}`);
      }
    }
  }
  return asciiEscapes ? CLEAN_WITH_ESCAPES : CLEAN;
}

const fault = (reason: DeadLetterReason, detail: string): JsonScan => ({
  fault: { reason, detail },
  asciiEscapes: false,
});
const loneSurrogate = (at: number): JsonScan =>
  fault('not_utf8', `half of a surrogate pair at byte ${at - 1}: not Unicode text`);

/** The value of four hex digits; -1 when they are none, which the parser refuses later. */
function codeUnit(bytes: Uint8Array, at: number): number {
  let value = 0;
  for (let i = at; i < at + 4; i++) {
    const byte = bytes[i];
    if (byte === undefined) return -1;
    const digit = hexDigit(byte);
    if (digit < 0) return -1;
    value = value * 16 + digit;
  }
  return value;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}

const isNumberByte = (byte: number): boolean =>
  (byte >= 0x30 && byte <= 0x39) || byte === 0x2e || byte === 0x2b || byte === 0x2d || (byte | 0x20) === 0x65;

function hasExponent(bytes: Uint8Array, start: number, last: number): boolean {
  for (let i = start; i <= last; i++) if ((bytes[i]! | 0x20) === 0x65) return true;
  return false;
}

/** Digits are ASCII: a character per byte. */
function latin1(bytes: Uint8Array, start: number, end: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + start, end - start).toString('latin1');
}

function numberFault(literal: string): string | null {
  if (!Number.isFinite(Number(literal)))
    return Number.isNaN(Number(literal)) ? null : 'a number that is too large';
  if (/[.eE]/.test(literal) || Number(literal) <= Number.MAX_SAFE_INTEGER) return null;
  return 'an integer beyond 2^53-1';
}
