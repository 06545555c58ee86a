import type { PageFilter } from '../api/client.js';
import type { JobDefinition } from '../api/types.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { moment } from '../output/times.js';

const row = ({ name, version, body, author, at }: JobDefinition): string[] => [
  name,
  String(version),
  String(body.tasks.length),
  moment(at),
  author ?? '',
];

/** Lists the jobs that people defined. */
export async function jobs(
  { api, terminal }: Context,
  { json, ...filter }: PageFilter & { readonly json?: boolean },
): Promise<number> {
  const page = await api.jobDefinitions(filter);
  if (json) terminal.json(page);
  else if (page.items.length === 0) terminal.line('No jobs are defined.');
  else {
    const head = ['JOB', 'VERSION', 'TASKS', 'CHANGED (UTC)', 'BY'];
    for (const line of table(head, page.items.map(row))) terminal.line(line);
    if (page.next) terminal.line(`More with: --cursor ${page.next}`);
  }
  return 0;
}
