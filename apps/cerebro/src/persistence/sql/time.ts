/** Tables hold timestamptz, the ports epoch milliseconds. */

/** SQL for a timestamptz as epoch ms. */
export const ms = (column: string): string => `(extract(epoch FROM ${column}) * 1000)::float8`;

/** SQL for epoch ms (float8) as a timestamptz. */
export const at = (expression: string): string => `to_timestamp((${expression}) / 1000)`;

/** SQL for the database's time so many ms (float8) ago. */
export const ago = (expression: string): string =>
  `now() - make_interval(secs => ${expression}::float8 / 1000)`;

/** A time that PostgreSQL made has microseconds; the ports have whole milliseconds. */
export const wholeMs = (value: number): number => Math.floor(value);

/** RFC 3339 in UTC with milliseconds. */
export const rfc3339 = (epochMs: number): string => new Date(epochMs).toISOString();
