import { access, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { logToStdout, TaskFailure } from '@cordyna/task-server';
import type { TaskContext } from '@cordyna/task-server';
import type { FlowReport } from '@cordyna/protocol/model';
import { flowFiles, foldersOf } from './flow-files.js';
import type { FlowFile } from './flow-files.js';
import { REPORT_TASK } from './flow-settings.js';
import type { FlowJob, FlowSettings } from './flow-settings.js';
import { Settling, signatureOf } from './folder-contents.js';
import type { Signature } from './folder-contents.js';
import { MadeOf } from './made-of.js';
import { makeTarget, removeUnfinished } from './make-target.js';
import { Memory } from './memory.js';
import { reportOf } from './report.js';
import type { Looked } from './report.js';
import { Reporter } from './reporter.js';
import { watchFolders } from './watch-folders.js';

/** Names that begin with a dot are passed over. */
const IS_FILE_NAME = /^[^./\\\0][^/\\\0]*$/;

/** Asks Cerebro for a run of a job, or of the report. */
export type RequestRun = (task: string, args: Readonly<Record<string, string>>) => Promise<unknown>;

/** The argument that names the file of a run; outputs of other jobs win over arguments, so it is like none of theirs. */
export const FILE_ARGUMENT = 'flowFile';

/** Looks at the folders, has runs made for what is missing, and makes it when Cerebro says so. */
export class Flow {
  private readonly settling: Settling;
  private readonly memory = new Memory();
  private readonly working = new Map<string, Promise<unknown>>();
  private readonly reporter: Reporter;
  private madeOf: MadeOf | undefined;
  private looked: readonly Looked[] = [];
  private lookedAtMs = 0;
  private checking: Promise<void> | undefined;
  private isDue = false;
  private hasEnded = false;
  private settleTimer: NodeJS.Timeout | undefined;
  private endings: (() => void)[] = [];

  constructor(
    private readonly settings: FlowSettings,
    private readonly env: Readonly<Record<string, string>>,
    private readonly request: RequestRun,
  ) {
    this.settling = new Settling(settings.settleMs);
    this.reporter = new Reporter(
      () => request(REPORT_TASK, {}),
      (error) => logToStdout('warn', `a report could not be requested: ${error.message}`, {}),
    );
  }

  /** Before anything runs: folders that are missing are made, what was left in the middle is removed. */
  async prepare(): Promise<void> {
    for (const folder of this.folders()) await mkdir(folder, { recursive: true });
    for (const { target } of this.settings.jobs)
      await removeUnfinished(join(this.settings.folder, target.folder));
    if (this.settings.rerunChanged) this.madeOf = await MadeOf.read(this.settings.folder);
  }

  /** From now on looks at the folders. */
  begin(): void {
    const check = (): void => void this.check();
    const interval = setInterval(check, this.settings.checkEveryMs);
    const failed = (error: Error): void =>
      logToStdout('warn', `a folder is not watched: ${error.message}`, {});
    const unwatch = watchFolders(this.folders(), check, failed);
    this.endings = [
      () => clearInterval(interval),
      unwatch,
      () => clearTimeout(this.settleTimer),
      () => this.reporter.stop(),
    ];
    check();
  }

  end(): void {
    this.hasEnded = true;
    for (const end of this.endings.splice(0)) end();
  }

  /** One look at a time; what changes during one is seen by the next. Never rejects. */
  check(): Promise<void> {
    this.isDue = true;
    this.checking ??= (async () => {
      while (this.isDue && !this.hasEnded) {
        this.isDue = false;
        await this.look().catch((error: unknown) => {
          if (this.hasEnded) return;
          logToStdout('error', `the folders could not be looked at: ${(error as Error).message}`, {});
        });
      }
      this.checking = undefined;
    })();
    return this.checking;
  }

  /** What the task `flow` gives. */
  async report(): Promise<FlowReport> {
    await this.check();
    const report = this.currentReport();
    this.reporter.reports(stateOf(report));
    return report;
  }

  /** What the task of a job does: the file that its arguments name, or all that are missing. */
  async run(job: FlowJob, context: TaskContext): Promise<object> {
    const key = context.event.args[FILE_ARGUMENT];
    if (typeof key === 'string') return this.runFile(job, key, context);
    await this.check();
    const open = this.looked.filter((one) => one.file.job === job && isOpen(one)).map(({ file }) => file.key);
    const made: unknown[] = [];
    for (const [index, each] of open.entries()) {
      made.push(((await this.runFile(job, each, context)) as { made: string }).made);
      context.tools.progress(((index + 1) * 100) / open.length);
    }
    return { made };
  }

  private async look(): Promise<void> {
    const now = Date.now();
    const files = await flowFiles(this.settings, this.settling, now);
    this.memory.keepOnly(files);
    await this.madeOf?.keepOnly(new Set(files.filter(({ isMade }) => isMade).map(({ target }) => target)));
    const looked: Looked[] = [];
    for (const file of files) looked.push({ file, isOutdated: await this.isOutdated(file) });
    [this.looked, this.lookedAtMs] = [looked, now];
    const wanted = looked.filter((one) => isOpen(one) && !this.memory.isRequested(one.file, now));
    for (const { file } of wanted) {
      this.memory.request(file, now);
      this.request(file.job.name, { [FILE_ARGUMENT]: file.key }).catch((error: unknown) => {
        this.memory.forgetRequest(file);
        logToStdout(
          'warn',
          `a run of ${file.job.name} could not be requested: ${(error as Error).message}`,
          {},
        );
      });
    }
    if (files.some(({ isReady, sources }) => !isReady && sources.every(({ signature }) => signature)))
      this.lookSoon();
    this.reporter.sees(stateOf(this.currentReport()));
  }

  private lookSoon(): void {
    if (this.hasEnded) return;
    clearTimeout(this.settleTimer);
    this.settleTimer = setTimeout(() => void this.check(), this.settings.settleMs + 10);
  }

  private currentReport(): FlowReport {
    return reportOf(this.settings, this.looked, this.memory, this.lookedAtMs);
  }

  private async isOutdated(file: FlowFile): Promise<boolean> {
    if (!this.madeOf || !file.isMade || !file.isReady) return false;
    return this.madeOf.isOutdated(file.target, sourcesOf(file));
  }

  /** One after the other, where two runs are about the same target: the second finds it made. */
  private async runFile(job: FlowJob, key: string, context: TaskContext): Promise<object> {
    const id = `${job.target.folder}/${job.target.files.nameOf(key)}`;
    const before = this.working.get(id) ?? Promise.resolve();
    const work = before.catch(() => undefined).then(() => this.runAlone(job, key, context));
    this.working.set(id, work);
    try {
      return await work;
    } finally {
      if (this.working.get(id) === work) this.working.delete(id);
    }
  }

  private async runAlone(job: FlowJob, key: string, context: TaskContext): Promise<object> {
    context.tools.signal.throwIfAborted();
    const file = await this.readyFile(job, key, context.tools.signal);
    const remembered = this.memory.of(file);
    Object.assign(remembered, { running: true, run: context.event.run });
    void this.check();
    try {
      if (file.isMade && !(await this.isOutdated(file))) {
        remembered.error = null;
        await askOthers(file, context);
        return { made: file.target, wasThere: true };
      }
      const noted = await this.madeOf?.note(file.target, sourcesOf(file));
      const output = await makeTarget(file, this.settings.folder, this.env, context);
      await noted?.();
      this.settling.settle(file.targetPath, await signatureOf(file.targetPath));
      await askOthers(file, context);
      remembered.error = null;
      return { made: file.target, script: output };
    } catch (error) {
      const { code = 'failed', message } = error as { code?: string; message: string };
      remembered.error = { code: context.tools.signal.aborted ? 'cancelled' : code, message };
      throw error;
    } finally {
      remembered.running = false;
      if (remembered.error === null) this.memory.forgetRequest(file);
      void this.check();
    }
  }

  /** The file as soon as its sources have stopped growing. @throws TaskFailure `source_missing`, `source_changed`, `file_invalid` */
  private async readyFile(job: FlowJob, key: string, signal: AbortSignal): Promise<FlowFile> {
    const endMs = Date.now() + job.timeoutMs;
    for (;;) {
      const file = await this.fileNow(job, key);
      if (file.isReady) return file;
      if (Date.now() > endMs)
        throw TaskFailure.retryable(
          'source_changed',
          `the sources of ${file.target} are still being written`,
        );
      await delay(this.settings.settleMs + 10, undefined, { signal });
    }
  }

  /** @throws TaskFailure `source_missing`, `file_invalid` */
  private async fileNow(job: FlowJob, key: string): Promise<FlowFile> {
    const { folder } = this.settings;
    const names = [...job.sources, job.target].map(({ files }) => files.nameOf(key));
    // Anybody may ask for a run: nothing outside of the job's folders is read or written.
    if (names.some((name) => !IS_FILE_NAME.test(name)))
      throw TaskFailure.nonRetryable(
        'file_invalid',
        `${FILE_ARGUMENT} must lead to names of files without a folder`,
      );
    const sources = await Promise.all(
      job.sources.map(async (place) => {
        const name = `${place.folder}/${place.files.nameOf(key)}`;
        const path = join(folder, name);
        const signature = await signatureOf(path).catch(() => {
          throw TaskFailure.nonRetryable('source_missing', `${name} is not there`);
        });
        return { name, path, signature };
      }),
    );
    const now = Date.now();
    // Each of them, as in `flowFiles`.
    const settled = sources.map(({ path, signature }) => this.settling.isSettled(path, signature, now));
    const target = `${job.target.folder}/${job.target.files.nameOf(key)}`;
    const targetPath = join(folder, target);
    const isMade = await access(targetPath).then(
      () => true,
      () => false,
    );
    return { job, key, sources, target, targetPath, isMade, isReady: settled.every(Boolean) };
  }

  private folders(): string[] {
    return foldersOf(this.settings).map((name) => join(this.settings.folder, name));
  }
}

/** It can be made, and has to be. */
const isOpen = ({ file, isOutdated }: Looked): boolean => file.isReady && (!file.isMade || isOutdated);

const sourcesOf = ({ sources }: FlowFile): ReadonlyMap<string, readonly [string, Signature]> =>
  new Map(
    sources.flatMap(({ name, path, signature }) => (signature ? [[name, [path, signature]] as const] : [])),
  );

/** With `scope: task`: what they do with a file must not wait for whatever else they may depend on. */
async function askOthers({ job, targetPath }: FlowFile, { tools }: TaskContext): Promise<void> {
  for (const task of job.then)
    await tools.invoke(task, { scope: 'task', args: { file: targetPath }, trigger: 'file' });
}

const stateOf = ({ jobs }: FlowReport): string => JSON.stringify(jobs);
