import { keyOf, type Loaded } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';

export const selectKeys = prepared(
  'run_keys_select',
  `SELECT k.target, k.key, k.run, k.content_hash
   FROM unnest($1::text[], $2::text[]) AS w (target, key) JOIN run_keys k ON k.target = w.target AND k.key = w.key`,
);

export interface KeyRow {
  readonly target: string;
  readonly key: string;
  readonly run: string;
  readonly content_hash: string;
}

export const keysOf = (rows: readonly KeyRow[]): Loaded['keys'] =>
  new Map(
    rows.map(({ target, key, run, content_hash: contentHash }) => [
      keyOf(target, key),
      { target, key, run, contentHash },
    ]),
  );
