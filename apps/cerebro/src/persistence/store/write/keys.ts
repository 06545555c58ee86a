import type { StoredKey } from '../../../coordination/ports/index.js';
import { prepared, sideBySide, type Statement } from '../../sql/statement.js';

const insert = prepared(
  'run_keys_insert',
  `WITH inserted AS (
     INSERT INTO run_keys (target, key, run, content_hash)
     SELECT * FROM ${sideBySide({ target: 'text', key: 'text', run: 'uuid', content_hash: 'text' })}
     ORDER BY target, key
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $5, 'new keys') FROM inserted`,
);

/** A key that somebody else has taken is a conflict: the batch finds it when it loads again. */
export function writeKeys(keys: readonly StoredKey[]): Statement[] {
  if (keys.length === 0) return [];
  return [
    insert(
      keys.map(({ target }) => target),
      keys.map(({ key }) => key),
      keys.map(({ run }) => run),
      keys.map(({ contentHash }) => contentHash),
      keys.length,
    ),
  ];
}
