import { access, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskContext } from '@cordyna/task-server';
import { runCommand } from '../command/run-command.js';
import type { FlowFile } from './flow-files.js';
import { sameSignature, signatureOf } from './folder-contents.js';

const UNFINISHED = '.part-';

/**
 * Runs the script of a job for one file. It writes to a temporary name beside the target, which gets its own name only when the
 * script has ended well: a target is whole, or not there.
 * @throws TaskFailure `no_target`, `source_changed` besides those of commands
 */
export async function makeTarget(
  file: FlowFile,
  cwd: string,
  env: Readonly<Record<string, string>>,
  context: TaskContext,
): Promise<object> {
  const { job, sources, targetPath } = file;
  const [program, ...first] = job.script;
  // The name at the end: many programs go by it.
  const name = `${UNFINISHED}${context.event.invocation}-${basename(targetPath)}`;
  const unfinished = join(dirname(targetPath), name);
  const args = [...first, ...sources.map(({ path }) => path), unfinished];
  const command = { program, args, env: { ...env, ...job.env }, cwd, timeoutMs: job.timeoutMs };
  try {
    const output = await runCommand(command, job.logLines, context);
    await access(unfinished).catch(() => {
      throw TaskFailure.retryable(
        'no_target',
        `the script of ${job.name} ended well, but made no ${file.target}`,
        {
          description: 'It must write to the path that is its last argument.',
        },
      );
    });
    await mustBeUnchanged(file);
    await rename(unfinished, targetPath);
    return output;
  } finally {
    await rm(unfinished, { force: true, recursive: true });
  }
}

/** What was made of a source that changed meanwhile may be half of the one and half of the other. */
async function mustBeUnchanged({ sources, target }: FlowFile): Promise<void> {
  for (const { name, path, signature } of sources) {
    const now = await signatureOf(path).catch(() => undefined);
    if (!sameSignature(now, signature))
      throw TaskFailure.retryable('source_changed', `${name} changed while ${target} was made of it`);
  }
}

/** What a process left that was killed in the middle. */
export async function removeUnfinished(folder: string): Promise<void> {
  const names = (await readdir(folder)).filter((name) => name.startsWith(UNFINISHED));
  await Promise.all(names.map((name) => rm(join(folder, name), { force: true, recursive: true })));
}
