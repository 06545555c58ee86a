import { MoreThan, type DataSource } from 'typeorm';
import type { HistoryView } from '../../coordination/ports/index.js';
import { HistoryEntity } from '../entities/index.js';
import { runExists } from './runs.js';

export const historyViewOf = (row: HistoryEntity): HistoryView => ({
  seq: row.seq,
  at: row.at.toISOString(),
  recordedAt: row.recordedAt.toISOString(),
  source: row.source,
  type: row.type,
  task: row.task,
  item: row.item === null ? null : { index: row.item },
  attempt: row.attempt === null ? null : Number(row.attempt),
  applied: row.applied,
  reason: row.reason,
  topic: row.topic,
  partition: row.partition,
  offset: row.offset,
  data: row.data,
});

/** Rows of a run behind `afterSeq`, in order. */
export const rowsOfRun = (
  source: DataSource,
  run: string,
  afterSeq: number,
  limit: number | undefined,
): Promise<HistoryEntity[]> =>
  source.getRepository(HistoryEntity).find({
    where: { run, lastSeq: MoreThan(afterSeq), seq: MoreThan(afterSeq) },
    order: { firstSeq: 'ASC', seq: 'ASC' },
    ...(limit === undefined ? {} : { take: limit }),
  });

export async function historyOf(
  source: DataSource,
  run: string,
  fromSeq: number,
  limit: number | undefined,
): Promise<readonly HistoryView[] | null> {
  if (!(await runExists(source, run))) return null;
  return (await rowsOfRun(source, run, fromSeq - 1, limit)).map(historyViewOf);
}
