import type { FailureFilter } from '../api/client.js';
import type { Failure } from '../api/types.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { moment } from '../output/times.js';

const place = ({ run, topic, partition, offset }: Failure): string =>
  run ?? (topic === null ? '' : `${topic}/${partition}/${offset}`);

const row = (failure: Failure): string[] => [
  moment(failure.at),
  failure.kind,
  failure.reason,
  failure.task ?? failure.server ?? '',
  place(failure),
  failure.detail,
];

/** Lists what went wrong, newest first. */
export async function failures(
  { api, terminal }: Context,
  { json, ...filter }: FailureFilter & { readonly json?: boolean },
): Promise<number> {
  const page = await api.failures(filter);
  if (json) terminal.json(page);
  else if (page.items.length === 0) terminal.line('No failures.');
  else {
    const head = ['AT (UTC)', 'KIND', 'REASON', 'TASK OR SERVER', 'RUN OR RECORD', 'DETAIL'];
    for (const line of table(head, page.items.map(row))) terminal.line(line);
    if (page.next) terminal.line(`More with: --cursor ${page.next}`);
  }
  return 0;
}
