import { isUtf8 } from 'node:buffer';
import { LessThan, type DataSource } from 'typeorm';
import type { DeadLetterView, Page } from '../../coordination/ports/index.js';
import { DeadLetterEntity } from '../entities/index.js';
import { BIG, decodeCursor, encodeCursor } from './cursor.js';

function viewOf(row: DeadLetterEntity): DeadLetterView {
  // A value that was cut may end within a character.
  const encoding = row.value === null || isUtf8(row.value) ? 'utf8' : 'base64';
  return {
    id: row.id,
    at: row.at.toISOString(),
    reason: row.reason,
    detail: row.detail,
    topic: row.topic,
    partition: row.partition,
    offset: row.offset,
    key: row.key?.toString('base64') ?? null,
    value: row.value?.toString(encoding) ?? null,
    encoding,
    truncated: row.truncated,
  };
}

/** Newest first. */
export async function listDeadLetters(
  source: DataSource,
  { limit, cursor }: { readonly limit: number; readonly cursor?: string },
): Promise<Page<DeadLetterView>> {
  const before = cursor === undefined ? null : decodeCursor(cursor, [BIG])[0];
  const rows = await source.getRepository(DeadLetterEntity).find({
    ...(before === null ? {} : { where: { id: LessThan(before) } }),
    order: { id: 'DESC' },
    take: limit + 1,
  });
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: items.map(viewOf), next: more ? encodeCursor(last.id) : null };
}
