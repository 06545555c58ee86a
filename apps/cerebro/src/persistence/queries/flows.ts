import { FLOW_REPORT_TITLE, type JsonValue } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { FlowView } from '../../coordination/ports/index.js';

/** Of each task in force that declares to report a flow, its newest output. */
export async function listFlows(source: DataSource): Promise<readonly FlowView[]> {
  const rows: readonly { task: string; finished_at: Date | null; output: JsonValue }[] = await source.query(
    `SELECT declared.task, last.finished_at, last.output
     FROM (
       SELECT s.server || '.' || (t ->> 'name') AS task
       FROM servers s CROSS JOIN LATERAL jsonb_array_elements(s.declaration -> 'tasks') t
       WHERE s.withdrawn_at IS NULL AND t #>> '{outputSchema,title}' = $1
     ) AS declared
     LEFT JOIN LATERAL (
       SELECT r.finished_at, r.output FROM task_runs r
       WHERE r.task = declared.task AND r.item_index IS NULL AND r.state = 'completed'
       ORDER BY r.run_created_at DESC LIMIT 1
     ) AS last ON true
     ORDER BY declared.task`,
    [FLOW_REPORT_TITLE],
  );
  return rows.map(({ task, finished_at: at, output }) => ({
    task,
    reportedAt: at?.toISOString() ?? null,
    report: output,
  }));
}
