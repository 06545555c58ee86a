import type { Run, TaskRun } from '@cordyna/engine';
import { RUN_STATES, type RunState } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { Page, RunSummary, RunView, TaskRunView } from '../../coordination/ports/index.js';
import { RunEntity, TaskProgressEntity } from '../entities/index.js';
import { UUID, isRunId } from '../sql/run-id.js';
import { rfc3339 } from '../sql/time.js';
import { EPOCH_MS, decodeCursor, encodeCursor } from './cursor.js';
import type { FoldedRuns } from './folded-runs.js';

export interface RunFilter {
  readonly state?: RunState;
  readonly task?: string;
  readonly job?: string;
  readonly ofJobs?: true;
  readonly limit: number;
  readonly cursor?: string;
}

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

const summaryOf = (row: RunEntity): RunSummary => ({
  run: row.id,
  task: row.task,
  job: row.job,
  state: row.state,
  trigger: row.trigger,
  createdAt: row.createdAt.toISOString(),
  finishedAt: iso(row.finishedAt),
});

/**
 * Newest first, of all states: each state's newest, of which the newest are taken. An index by time alone would be written
 * twice for each run, for this question.
 */
const NEWEST = (where: readonly string[]): string => `r.id IN (
  SELECT newest.id FROM unnest(:states::text[]) AS s (state) CROSS JOIN LATERAL (
    SELECT n.id FROM runs n WHERE ${['n.state = s.state', ...where].join(' AND ')}
    ORDER BY n.created_at DESC, n.id DESC LIMIT :most
  ) AS newest)`;

const BEHIND = (created: string, id: string): string =>
  `(${created}, ${id}) < (to_timestamp(:createdMs::float8 / 1000), :id::uuid)`;

/** Newest first; a page begins behind the last run of the one before, whatever was created meanwhile. */
export async function listRuns(source: DataSource, filter: RunFilter): Promise<Page<RunSummary>> {
  const { state, task, job, ofJobs, limit, cursor } = filter;
  const query = source
    .createQueryBuilder(RunEntity, 'r')
    .orderBy('r.createdAt', 'DESC')
    .addOrderBy('r.id', 'DESC')
    .limit(limit + 1);
  if (state !== undefined) query.andWhere('r.state = :state', { state });
  if (task !== undefined) query.andWhere('r.task = :task', { task });
  if (job !== undefined) query.andWhere('r.job = :job', { job });
  if (ofJobs) query.andWhere('r.job IS NOT NULL');
  if (cursor !== undefined) {
    const [createdMs, id] = decodeCursor(cursor, [EPOCH_MS, UUID]);
    query.andWhere(BEHIND('r.createdAt', 'r.id'), { createdMs, id });
  }
  if (state === undefined && task === undefined && job === undefined) {
    const where = [
      ...(ofJobs ? ['n.job IS NOT NULL'] : []),
      ...(cursor === undefined ? [] : [BEHIND('n.created_at', 'n.id')]),
    ];
    query.andWhere(NEWEST(where), { states: RUN_STATES, most: limit + 1 });
  }
  const rows = await query.getMany();
  const items = rows.slice(0, limit);
  const last = items.at(-1);
  const more = rows.length > limit && last !== undefined;
  return { items: items.map(summaryOf), next: more ? encodeCursor(last.createdAt.getTime(), last.id) : null };
}

const timeOf = (ms: number | null): string | null => (ms === null ? null : rfc3339(ms));

function taskRunOf(run: Run, task: TaskRun, progress: TaskProgressEntity | undefined): TaskRunView {
  const member = run.seed.plan.members[task.member];
  return {
    task: member?.task ?? '',
    item: task.item,
    state: task.state,
    attempt: task.attempt,
    server: member?.server ?? '',
    instance: task.instance,
    invokedAt: timeOf(task.invokedAt),
    queuedAt: timeOf(task.queuedAt),
    startedAt: timeOf(task.startedAt),
    finishedAt: timeOf(task.finishedAt),
    output: task.output,
    error: task.error,
    blockedBy: task.blockedBy,
    reason: task.reason,
    ...(progress ? { progress: { percent: progress.percent, message: progress.message } } : {}),
  };
}

export const runExists = (source: DataSource, run: string): Promise<boolean> =>
  isRunId(run) ? source.getRepository(RunEntity).existsBy({ id: run }) : Promise.resolve(false);

/** The run with its tasks as of one moment, members first, then elements. */
export async function oneRun(
  source: DataSource,
  foldedRuns: FoldedRuns,
  run: string,
): Promise<RunView | null> {
  if (!isRunId(run)) return null;
  return source.transaction('REPEATABLE READ', async (manager) => {
    const found = await manager.findOneBy(RunEntity, { id: run });
    const folded = (await foldedRuns.in(manager, [run])).get(found?.id ?? '');
    if (!found || !folded) return null;
    const reports = await manager.findBy(TaskProgressEntity, { run });
    const byInvocation = new Map(reports.map((report) => [report.invocation, report]));
    return {
      ...summaryOf(found),
      tasks: Array.from(folded.tasks, (task) =>
        taskRunOf(folded, task, byInvocation.get(task.invocation ?? '')),
      ),
    };
  });
}
