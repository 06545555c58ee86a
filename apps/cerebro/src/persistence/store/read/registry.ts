import { registryOf, type DeclaredServer, type Definition, type Registry } from '@cordyna/engine';
import type { Versioned } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';

// Shared, or batches that met a conflict would wait for each other although none of them declares anything.
export const lockRegistryRow = prepared('registry_lock', 'SELECT 1 FROM registry FOR SHARE');

// Schedules are aggregates of their own: of them only those are read here that keep a job from being removed.
/** Declarations and definitions only when their version is not the one that is known. */
export const selectRegistry = prepared(
  'registry_select',
  `SELECT r.version::float8 AS version,
     CASE WHEN r.version = $1::bigint THEN NULL
     ELSE (SELECT coalesce(jsonb_agg(
         CASE WHEN notices = '[]' THEN definition ELSE definition || jsonb_build_object('notices', notices) END
         ORDER BY server), '[]') FROM servers WHERE withdrawn_at IS NULL)
     END AS servers,
     CASE WHEN r.version = $1::bigint THEN NULL
     ELSE (
       SELECT coalesce(jsonb_agg(jsonb_build_object('kind', kind, 'name', name, 'version', version, 'body', body)), '[]')
       FROM (SELECT DISTINCT ON (kind, name) * FROM definitions ORDER BY kind, name, version DESC) AS newest
       WHERE kind <> 'schedule' OR body ? 'job'
     ) END AS definitions
   FROM registry r`,
);

export interface RegistryRow {
  readonly version: number;
  readonly servers: readonly DeclaredServer[] | null;
  readonly definitions: readonly Definition[] | null;
}

/** Declarations change rarely and are read often: the last registry that was built is kept with its version. */
export class RegistryCache {
  private last: Versioned<Registry> | null = null;

  get current(): Versioned<Registry> | null {
    return this.last;
  }

  /** @param known what `current` was when the row was asked for */
  of(row: RegistryRow, known: Versioned<Registry> | null): Versioned<Registry> {
    const found =
      row.servers === null
        ? known
        : { version: row.version, value: registryOf(row.servers, row.definitions ?? []) };
    if (!found) throw new Error('the registry was not selected although no version of it is known');
    if (this.last === null || this.last.version < found.version) this.last = found;
    return found;
  }
}
