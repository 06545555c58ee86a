import type { QueryResult } from 'pg';
import { binaryArray } from './binary-array.js';

export type Scalar = string | number | boolean | null | Buffer;
/** Serialised by the caller: nothing here can make the driver throw between two statements of a transaction. */
export type SqlValue = Scalar | readonly Scalar[];

export interface Statement {
  /** PostgreSQL keeps the parsed statement under this name per connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
  /** Absent: it is sent by itself. */
  readonly part?: Part;
}

/** A statement in two pieces, so that those of several can be put together. */
export interface Part {
  /** What stands behind WITH; empty when nothing does. */
  readonly changes: string;
  /** What stands behind SELECT, which asks for all of `changes`. */
  readonly answers: string;
}

/** One name has one text for ever: different texts under one name would be refused in the middle of a transaction. */
export function prepared(name: string, text: string): (...values: readonly SqlValue[]) => Statement {
  const types = arrayTypesOf(text);
  return (...values) => ({
    name: `cordyna_${name}`,
    text,
    values: values.map((value, at) =>
      isList(value) ? (binaryArray(types.get(at + 1) ?? '', value) ?? value) : value,
    ),
  });
}

/**
 * SQL for the rows that lists of the same length make side by side, one for each column; they are the first parameters.
 * The lists are read in step: what `FROM unnest(…, …)` would do is to put away each of them in a table of its own first.
 * https://www.postgresql.org/docs/current/xfunc-sql.html#XFUNC-SQL-FUNCTIONS-RETURNING-SET
 * @param columns name → type
 */
export const sideBySide = (columns: Readonly<Record<string, string>>): string =>
  `(SELECT ${Object.entries(columns)
    .map(([name, type], n) => `unnest($${n + 1}::${type}[]) AS ${name}`)
    .join(', ')}) AS w`;

const isList = (value: SqlValue): value is readonly Scalar[] => Array.isArray(value);

/** Number of a parameter → the type of its elements, when it is cast to an array. */
const arrayTypesOf = (text: string): ReadonlyMap<number, string> =>
  new Map([...text.matchAll(/\$(\d+)::(\w+)\[\]/g)].map(([, number, type]) => [Number(number), type ?? '']));

/** Bytes that the statements send, about. */
export function sizeOf(statements: readonly Statement[]): number {
  let size = 0;
  const add = (value: Scalar): void => {
    // In a list that is sent as text, bytea travels as hexadecimal digits.
    if (typeof value === 'string') size += value.length;
    else size += value instanceof Buffer ? value.length * 2 : 8;
  };
  for (const { values } of statements) {
    for (const value of values) {
      if (isList(value)) value.forEach(add);
      else if (value instanceof Buffer) size += value.length;
      else add(value);
    }
  }
  return size;
}

/** The rows of a result as what its statement selects. */
export const rowsOf = <Row>(result: QueryResult | undefined): readonly Row[] => (result?.rows ?? []) as Row[];
