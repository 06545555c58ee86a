import { Snapshot } from '../../coordination/ports/index.js';

/**
 * @param text of `pg_current_snapshot()`: `xmin:xmax:xip,…`, of which those before `xmin` have all ended.
 * https://www.postgresql.org/docs/current/functions-info.html#FUNCTIONS-PG-SNAPSHOT-PARTS
 */
export function snapshotOf(text: string): Snapshot {
  const [, end = '', open = ''] = text.split(':');
  const ids = open === '' ? [] : open.split(',');
  return new Snapshot(BigInt(end), new Set(ids.map((id) => BigInt(id))));
}
