import { FLOW_REPORT_TITLE, type JsonValue } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import type { FlowView } from '../../coordination/ports/index.js';

/** Of each task in force that declares to report a flow, its newest output. */
export async function listFlows(source: DataSource): Promise<readonly FlowView[]> {
  const rows: readonly { task: string; at: Date | null; output: string | null }[] = await source.query(
    `SELECT declared.task, f.completed_at AS at, f.output
     FROM (
       SELECT s.server || '.' || (t ->> 'name') AS task
       FROM servers s CROSS JOIN LATERAL jsonb_array_elements(s.declaration -> 'tasks') t
       WHERE s.withdrawn_at IS NULL AND t #>> '{outputSchema,title}' = $1
     ) AS declared
     LEFT JOIN freshness f ON f.task = declared.task
     ORDER BY declared.task`,
    [FLOW_REPORT_TITLE],
  );
  return rows.map(({ task, at, output }) => ({
    task,
    reportedAt: at?.toISOString() ?? null,
    report: output === null ? null : (JSON.parse(output) as JsonValue),
  }));
}
