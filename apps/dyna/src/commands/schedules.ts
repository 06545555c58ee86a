import type { PageFilter } from '../api/client.js';
import type { Schedule } from '../api/types.js';
import type { Context } from '../context.js';
import { table } from '../output/table.js';
import { duration, moment } from '../output/times.js';

const timing = ({ everyMs, cron, timezone }: Schedule): string =>
  everyMs === null ? `${cron ?? ''} (${timezone})` : `every ${duration(everyMs)}`;

const row = (schedule: Schedule): string[] => [
  schedule.schedule,
  schedule.state,
  schedule.task ?? schedule.job ?? '',
  timing(schedule),
  schedule.nextDueAt ? moment(schedule.nextDueAt) : '',
  schedule.changed?.author ?? '',
];

/** Lists schedules, declared ones and those that people made. */
export async function schedules(
  { api, terminal }: Context,
  { json, ...filter }: PageFilter & { readonly json?: boolean },
): Promise<number> {
  const page = await api.schedules(filter);
  if (json) terminal.json(page);
  else if (page.items.length === 0) terminal.line('No schedules.');
  else {
    const head = ['SCHEDULE', 'STATE', 'TASK OR JOB', 'DUE', 'NEXT (UTC)', 'CHANGED BY'];
    for (const line of table(head, page.items.map(row))) terminal.line(line);
    if (page.next) terminal.line(`More with: --cursor ${page.next}`);
  }
  return 0;
}

/** Prints the next due times. */
export async function previewSchedule({ api, terminal }: Context, schedule: string): Promise<number> {
  const due = await api.preview(schedule);
  if (due.length === 0) terminal.line('It will not be due any more.');
  for (const time of due) terminal.line(moment(time));
  return 0;
}

const DONE = { pause: 'is paused', resume: 'goes on', fire: 'is fired' } as const;

/** Pauses, resumes or fires a schedule. */
export async function actOnSchedule(
  { api, terminal }: Context,
  schedule: string,
  action: keyof typeof DONE,
  by: { readonly author?: string; readonly reason?: string },
): Promise<number> {
  const { run } = await api.actOnSchedule(schedule, action, by);
  terminal.line(`${schedule} ${DONE[action]}.${run ? ` See the run with: dyna watch ${run}` : ''}`);
  return 0;
}
