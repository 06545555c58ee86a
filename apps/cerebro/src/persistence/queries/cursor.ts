import { InvalidCursor } from '../../coordination/ports/index.js';

/** A cursor is opaque to whoever holds it: fields in base64url. */
export const encodeCursor = (...fields: readonly (string | number)[]): string =>
  Buffer.from(fields.join(' ')).toString('base64url');

/**
 * The fields of a cursor, each of which must match its pattern.
 * @throws InvalidCursor
 */
export function decodeCursor<const Patterns extends readonly RegExp[]>(
  cursor: string,
  patterns: Patterns,
): { readonly [At in keyof Patterns]: string } {
  const fields = Buffer.from(cursor, 'base64url').toString('utf8').split(' ');
  const fits =
    fields.length === patterns.length && patterns.every((pattern, at) => pattern.test(fields[at] ?? ''));
  if (!fits) throw new InvalidCursor('this cursor does not come from this list');
  return fields as unknown as { readonly [At in keyof Patterns]: string };
}

export const EPOCH_MS = /^-?\d{1,15}$/;
export const COUNT = /^\d{1,9}$/;
/** Decimal, within the range of bigint and xid8. */
export const BIG = /^\d{1,18}$/;
