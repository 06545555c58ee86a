import { join } from 'node:path';
import { filesOf } from './folder-contents.js';
import type { Settling, Signature } from './folder-contents.js';
import type { FlowJob, FlowSettings } from './flow-settings.js';

export interface SourceFile {
  /** Relative to the folder of the flow. */
  readonly name: string;
  readonly path: string;
  /** Undefined while it is not there. */
  readonly signature: Signature | undefined;
}

/** A file that a job makes, or shall make. */
export interface FlowFile {
  readonly job: FlowJob;
  readonly key: string;
  readonly sources: readonly SourceFile[];
  /** Relative to the folder of the flow. */
  readonly target: string;
  readonly targetPath: string;
  readonly isMade: boolean;
  /** All sources are there and have stopped growing. */
  readonly isReady: boolean;
}

/** A file of a job has the same id as long as the configuration names it. */
export const idOf = (file: Pick<FlowFile, 'job' | 'key'>): string => `${file.job.name}/${file.key}`;

type Contents = ReadonlyMap<string, ReadonlyMap<string, Signature>>;

/** The folders of all jobs, relative to that of the flow. */
export const foldersOf = ({ jobs }: Pick<FlowSettings, 'jobs'>): readonly string[] => [
  ...new Set(jobs.flatMap(({ sources, target }) => [...sources, target].map((at) => at.folder))),
];

/** Every file that some job has a source of, in the order of the jobs and of the names. */
export async function flowFiles(
  settings: FlowSettings,
  settling: Settling,
  nowMs: number,
): Promise<FlowFile[]> {
  const { jobs, folder } = settings;
  const contents: Contents = new Map(
    await Promise.all(
      foldersOf(settings).map(async (name) => [name, await filesOf(join(folder, name))] as const),
    ),
  );
  return jobs.flatMap((job) =>
    keysOf(job, contents).map((key) => fileOf(job, key, folder, contents, settling, nowMs)),
  );
}

function keysOf({ sources }: FlowJob, contents: Contents): string[] {
  const keys = sources.flatMap(({ folder, files }) =>
    [...(contents.get(folder)?.keys() ?? [])].map((name) => files.keyOf(name)),
  );
  return [...new Set(keys.filter((key) => key !== undefined))].sort();
}

function fileOf(
  job: FlowJob,
  key: string,
  folder: string,
  contents: Contents,
  settling: Settling,
  nowMs: number,
): FlowFile {
  const sources = job.sources.map((place) => {
    const name = place.files.nameOf(key);
    const signature = contents.get(place.folder)?.get(name);
    return { name: `${place.folder}/${name}`, path: join(folder, place.folder, name), signature };
  });
  // Each of them, not until the first that is not: all of them are being looked at.
  const settled = sources.map(
    ({ path, signature }) => signature !== undefined && settling.isSettled(path, signature, nowMs),
  );
  const name = job.target.files.nameOf(key);
  return {
    job,
    key,
    sources,
    target: `${job.target.folder}/${name}`,
    targetPath: join(folder, job.target.folder, name),
    isMade: contents.get(job.target.folder)?.has(name) ?? false,
    isReady: settled.every(Boolean),
  };
}
