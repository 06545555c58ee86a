import type { RunFilter } from '../api/client.js';
import type { RunSummary } from '../api/types.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { between, moment } from '../output/times.js';

const row = (run: RunSummary): string[] => [
  run.run,
  run.state,
  run.task ?? run.job ?? '',
  run.trigger.kind,
  moment(run.createdAt),
  between(run.createdAt, run.finishedAt),
];

/** Lists runs, newest first. */
export async function runs(
  { api, terminal }: Context,
  { json, ...filter }: RunFilter & { readonly json?: boolean },
): Promise<number> {
  const page = await api.runs(filter);
  if (json) terminal.json(page);
  else if (page.items.length === 0) terminal.line('No runs.');
  else {
    const head = ['RUN', 'STATE', 'TASK OR JOB', 'TRIGGER', 'CREATED (UTC)', 'TOOK'];
    for (const line of table(head, page.items.map(row))) terminal.line(line);
    if (page.next) terminal.line(`More with: --cursor ${page.next}`);
  }
  return 0;
}
