import { DEFINITION_KINDS, type DefinitionKind } from '@cordyna/protocol/model';
import { LessThan, type DataSource } from 'typeorm';
import type { DefinitionOf, DefinitionView, Page } from '../../coordination/ports/index.js';
import { DefinitionEntity } from '../entities/index.js';
import { COUNT, decodeCursor, encodeCursor } from './cursor.js';

interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

const viewOf = ({ name, version, body, author, reason, at }: DefinitionEntity): DefinitionView => ({
  ...{ name, version, body, author, reason },
  at: at.toISOString(),
});

function pageOf(
  rows: readonly DefinitionEntity[],
  limit: number,
  cursorOf: (last: DefinitionEntity) => string,
): Page<DefinitionView> {
  const last = rows[limit - 1];
  const items = rows.slice(0, limit).map(viewOf);
  return { items, next: rows.length > limit && last ? cursorOf(last) : null };
}

/** By name. */
export async function listDefinitions(
  source: DataSource,
  kind: DefinitionKind,
  { limit, cursor }: PageOf,
): Promise<Page<DefinitionView>> {
  const after = cursor === undefined ? '' : decodeCursor(cursor, [/^[A-Za-z0-9_.:-]{1,200}$/])[0];
  const rows = await source
    .createQueryBuilder(DefinitionEntity, 'd')
    .where('d.kind = :kind AND d.name > :after AND d.body IS NOT NULL', { kind, after })
    .andWhere(
      'NOT EXISTS (SELECT 1 FROM definitions n WHERE n.kind = d.kind AND n.name = d.name AND n.version > d.version)',
    )
    .orderBy('d.name')
    .limit(limit + 1)
    .getMany();
  return pageOf(rows, limit, ({ name }) => encodeCursor(name));
}

/** One statement, so that what names each other is of one moment. */
export async function allDefinitions(source: DataSource): Promise<readonly DefinitionOf[]> {
  const rows: readonly DefinitionOf[] = await source.query(
    `SELECT kind, name, version::float8 AS version, body
     FROM (SELECT DISTINCT ON (kind, name) * FROM definitions ORDER BY kind, name, version DESC) AS newest
     WHERE body IS NOT NULL`,
  );
  const place = ({ kind }: DefinitionOf): number => DEFINITION_KINDS.indexOf(kind);
  return [...rows].sort((a, b) => place(a) - place(b) || (a.name < b.name ? -1 : 1));
}

export async function oneDefinition(
  source: DataSource,
  kind: DefinitionKind,
  name: string,
  version: number | undefined,
): Promise<DefinitionView | null> {
  const [found] = await source.getRepository(DefinitionEntity).find({
    where: { kind, name, ...(version === undefined ? {} : { version }) },
    order: { version: 'DESC' },
    take: 1,
  });
  return !found || (version === undefined && found.body === null) ? null : viewOf(found);
}

/** Newest first. */
export async function listVersions(
  source: DataSource,
  kind: DefinitionKind,
  name: string,
  { limit, cursor }: PageOf,
): Promise<Page<DefinitionView>> {
  const before = cursor === undefined ? null : Number(decodeCursor(cursor, [COUNT])[0]);
  const rows = await source.getRepository(DefinitionEntity).find({
    where: { kind, name, ...(before === null ? {} : { version: LessThan(before) }) },
    order: { version: 'DESC' },
    take: limit + 1,
  });
  return pageOf(rows, limit, ({ version }) => encodeCursor(version));
}
