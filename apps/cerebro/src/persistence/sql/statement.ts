import type { QueryResult } from 'pg';

export type Scalar = string | number | boolean | null | Buffer;
/** Serialised by the caller: nothing here can make the driver throw between two statements of a transaction. */
export type SqlValue = Scalar | readonly Scalar[];

export interface Statement {
  /** PostgreSQL keeps the parsed statement under this name per connection. */
  readonly name: string;
  readonly text: string;
  readonly values: readonly SqlValue[];
}

/** One name has one text for ever: different texts under one name would be refused in the middle of a transaction. */
export const prepared =
  (name: string, text: string) =>
  (...values: readonly SqlValue[]): Statement => ({ name: `cordyna_${name}`, text, values });

/** Characters that the statements send, about. */
export function sizeOf(statements: readonly Statement[]): number {
  let size = 0;
  const add = (value: Scalar): void => {
    // bytea travels as hexadecimal digits.
    if (typeof value === 'string') size += value.length;
    else size += value instanceof Buffer ? value.length * 2 : 8;
  };
  for (const { values } of statements) {
    for (const value of values) {
      if (Array.isArray(value)) value.forEach(add);
      else add(value as Scalar);
    }
  }
  return size;
}

/** The rows of a result as what its statement selects. */
export const rowsOf = <Row>(result: QueryResult | undefined): readonly Row[] => (result?.rows ?? []) as Row[];
