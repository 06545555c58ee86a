import type {
  JobDeclaration,
  JobTaskDeclaration,
  ServerDeclaration,
  TaskDeclaration,
} from '@cordyna/protocol/model';
import { DEFAULT_RETRY, DEFAULT_TIMEOUTS, qualify } from '@cordyna/protocol/model';
import type { DeclaredServer, JobDefinition, TaskDefinition } from '../model/index.js';

const unique = (names: readonly string[]): readonly string[] => [...new Set(names)];

/** Fills in the protocol's defaults; fields that are present but undefined count as absent. */
function defineTask(server: string, declared: TaskDeclaration): TaskDefinition {
  const forEach = declared.forEach === undefined ? null : qualify(server, declared.forEach);
  const named = (declared.dependsOn ?? []).map((name) => qualify(server, name));
  const { timeouts = {}, retry = {} } = declared;
  return {
    task: `${server}.${declared.name}`,
    server,
    description: declared.description ?? null,
    dependsOn: unique(forEach === null ? named : [...named, forEach]),
    forEach,
    ...(declared.onError === 'continue' ? { onError: declared.onError } : {}),
    ...(declared.concurrency === undefined ? {} : { concurrency: declared.concurrency }),
    everyMs: declared.everyMs ?? null,
    cron: declared.cron ?? null,
    timezone: declared.timezone ?? 'UTC',
    args: declared.args ?? {},
    timeouts: {
      ackMs: timeouts.ackMs ?? DEFAULT_TIMEOUTS.ackMs,
      startMs: timeouts.startMs ?? DEFAULT_TIMEOUTS.startMs,
      completeMs: timeouts.completeMs ?? DEFAULT_TIMEOUTS.completeMs,
    },
    retry: {
      maxAttempts: retry.maxAttempts ?? DEFAULT_RETRY.maxAttempts,
      backoffMs: retry.backoffMs ?? DEFAULT_RETRY.backoffMs,
      factor: retry.factor ?? DEFAULT_RETRY.factor,
      maxBackoffMs: retry.maxBackoffMs ?? DEFAULT_RETRY.maxBackoffMs,
    },
    ...(declared.limits && declared.limits.length > 0 ? { limits: declared.limits } : {}),
    argsSchema: declared.argsSchema ?? null,
    outputSchema: declared.outputSchema ?? null,
  };
}

const defineJobTask = (server: string, entry: JobTaskDeclaration): JobTaskDeclaration => ({
  task: qualify(server, entry.task),
  ...(entry.dependsOn ? { dependsOn: entry.dependsOn.map((name) => qualify(server, name)) } : {}),
  ...(entry.args ? { args: entry.args } : {}),
});

const defineJob = (server: string, declared: JobDeclaration): JobDefinition => ({
  job: `${server}.${declared.name}`,
  name: declared.name,
  ...(declared.description === undefined ? {} : { description: declared.description }),
  args: declared.args ?? {},
  tasks: declared.tasks.map((entry) => defineJobTask(server, entry)),
});

/** A declaration with every default filled in and every name qualified. */
export const defineServer = (declaration: ServerDeclaration): DeclaredServer => ({
  server: declaration.server,
  version: declaration.version ?? null,
  team: declaration.team ?? null,
  contact: declaration.contact ?? null,
  description: declaration.description ?? null,
  tasks: declaration.tasks.map((task) => defineTask(declaration.server, task)),
  jobs: (declaration.jobs ?? []).map((job) => defineJob(declaration.server, job)),
});
