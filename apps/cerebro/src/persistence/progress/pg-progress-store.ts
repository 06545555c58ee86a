import type { Pool } from 'pg';
import { ProgressStore } from '../../coordination/ports/index.js';
import { ask } from '../sql/ask.js';
import { prepared } from '../sql/statement.js';
import { at } from '../sql/time.js';
import { isRunId } from '../sql/run-id.js';

type Batch = Parameters<ProgressStore['save']>[0];

const LINES_PER_ATTEMPT = 1_000;
const MAX_MESSAGE_CHARACTERS = 16_384;

// Of runs that exist only, and an older report never replaces a newer one.
const saveProgress = prepared(
  'progress_save',
  `INSERT INTO task_progress (run, invocation, percent, message, at)
   SELECT w.run, w.invocation, w.percent, w.message, ${at('w.at')}
   FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::text[], $5::float8[])
     AS w (run, invocation, percent, message, at) JOIN runs r ON r.id = w.run
   ORDER BY w.run, w.invocation
   ON CONFLICT (run, invocation) DO UPDATE SET percent = excluded.percent, message = excluded.message,
     at = excluded.at
   WHERE task_progress.at <= excluded.at`,
);

const saveLog = prepared(
  'log_save',
  `INSERT INTO task_log (run, invocation, at, level, message)
   SELECT w.run, w.invocation, ${at('w.at')}, w.level, w.message
   FROM unnest($1::uuid[], $2::text[], $3::float8[], $4::text[], $5::text[]) WITH ORDINALITY
     AS w (run, invocation, at, level, message, n) JOIN runs r ON r.id = w.run
   ORDER BY w.n`,
);

const trimLog = prepared(
  'log_trim',
  `DELETE FROM task_log l
   USING unnest($1::uuid[], $2::text[]) AS w (run, invocation),
     LATERAL (
       SELECT id FROM task_log k WHERE k.run = w.run AND k.invocation = w.invocation
       ORDER BY id DESC OFFSET ${LINES_PER_ATTEMPT} LIMIT 1
     ) AS last
   WHERE l.run = w.run AND l.invocation = w.invocation AND l.id <= last.id`,
);

const attemptOf = ({ run, invocation }: { readonly run: string; readonly invocation: string }): string =>
  `${run}\n${invocation}`;

/** Progress and log lines, outside the door's transactions. Lines beyond 16,384 characters are cut. */
export class PgProgressStore extends ProgressStore {
  constructor(private readonly pool: Pool) {
    super();
  }

  /** @throws StoreUnavailable */
  async save({ progress, log }: Batch): Promise<void> {
    const reports = [...new Map(progress.map((one) => [attemptOf(one), one])).values()];
    await this.saveProgress(reports.filter(({ run }) => isRunId(run)));
    await this.saveLog(log.filter(({ run }) => isRunId(run)));
  }

  private async saveProgress(reports: Batch['progress']): Promise<void> {
    if (reports.length === 0) return;
    await ask(
      this.pool,
      saveProgress(
        reports.map(({ run }) => run),
        reports.map(({ invocation }) => invocation),
        reports.map(({ percent }) => percent),
        reports.map(({ message }) => message),
        reports.map((report) => report.at),
      ),
    );
  }

  private async saveLog(lines: Batch['log']): Promise<void> {
    if (lines.length === 0) return;
    await ask(
      this.pool,
      saveLog(
        lines.map(({ run }) => run),
        lines.map(({ invocation }) => invocation),
        lines.map((line) => line.at),
        lines.map(({ level }) => level),
        lines.map(({ message }) => message.slice(0, MAX_MESSAGE_CHARACTERS)),
      ),
    );
    const attempts = [...new Map(lines.map((line) => [attemptOf(line), line])).values()];
    await ask(
      this.pool,
      trimLog(
        attempts.map(({ run }) => run),
        attempts.map(({ invocation }) => invocation),
      ),
    );
  }
}
