import type { FlowFileReport, FlowJobReport, FlowReport, FlowStatus } from '@cordyna/protocol/model';
import type { FlowFile } from './flow-files.js';
import type { FlowJob, FlowSettings, Place } from './flow-settings.js';
import type { Memory } from './memory.js';

/** Listed at most of one job, those with errors first: a report must fit into an output. */
const LISTED_FILES = 200;
const MESSAGE_CHARACTERS = 500;
const URGENCY: Readonly<Record<FlowStatus, number>> = { error: 0, preliminary: 1, success: 2 };

export interface Looked {
  readonly file: FlowFile;
  readonly isOutdated: boolean;
}

export function reportOf(
  settings: FlowSettings,
  looked: readonly Looked[],
  memory: Memory,
  checkedAtMs: number,
): FlowReport {
  return {
    flow: settings.server,
    checkedAt: new Date(checkedAtMs).toISOString(),
    checkEveryMs: settings.checkEveryMs,
    jobs: settings.jobs.map((job) => {
      const files = looked.filter(({ file }) => file.job === job).map((one) => fileReport(one, memory));
      return jobReport(settings.server, job, files);
    }),
  };
}

function jobReport(server: string, job: FlowJob, files: readonly FlowFileReport[]): FlowJobReport {
  const of = (status: FlowStatus): number => files.filter((file) => file.status === status).length;
  const counts = { preliminary: of('preliminary'), success: of('success'), error: of('error') };
  const listed = [...files].sort((a, b) => URGENCY[a.status] - URGENCY[b.status]).slice(0, LISTED_FILES);
  const isDone = files.length > 0 && counts.success === files.length;
  return {
    job: job.name,
    task: `${server}.${job.name}`,
    sources: job.sources.map(textOf),
    target: textOf(job.target),
    status: counts.error > 0 ? 'error' : isDone ? 'success' : 'preliminary',
    counts,
    files: listed,
    omitted: files.length - listed.length,
  };
}

function fileReport({ file, isOutdated }: Looked, memory: Memory): FlowFileReport {
  const { running, run, error } = memory.of(file);
  const failed = error !== null && !running;
  const status = file.isMade && !isOutdated ? 'success' : failed ? 'error' : 'preliminary';
  return {
    file: file.target,
    sources: file.sources.map(({ name }) => name),
    missing: file.sources.filter(({ signature }) => !signature).map(({ name }) => name),
    status,
    running,
    run,
    error:
      status === 'error' && error ? { ...error, message: error.message.slice(0, MESSAGE_CHARACTERS) } : null,
  };
}

const textOf = ({ folder, files }: Place): string => `${folder}/${files.text}`;
