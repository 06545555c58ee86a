import { basename, dirname, isAbsolute, join, normalize } from 'node:path';
import { RunnerError } from '../runner-error.js';
import { checkDocument, readDocument } from '../settings/check-document.js';
import { LOG_LINES, present, textsOf, TIMEOUT_MS } from '../settings/read-settings.js';
import { REPORT_TASK } from './flow-settings.js';
import type { FlowJob, FlowSettings, Place } from './flow-settings.js';
import { Pattern } from './pattern.js';
import { flowSchema } from './schema.js';

type PlaceDocument = string | { readonly folder: string; readonly files?: string };
interface JobDocument {
  readonly name: string;
  readonly description?: string;
  readonly script: string | readonly string[];
  readonly source: PlaceDocument | readonly PlaceDocument[];
  readonly target: PlaceDocument;
  readonly files?: string;
  readonly env?: Readonly<Record<string, string | number | boolean>>;
  readonly retry?: object;
  readonly then?: readonly string[];
  readonly timeoutMs?: number;
  readonly logLines?: number;
}
interface FlowDocument extends Partial<Omit<FlowSettings, 'jobs' | 'about' | 'folder' | 'server'>> {
  readonly flow?: string;
  readonly team?: string;
  readonly contact?: string;
  readonly description?: string;
  readonly jobs: readonly JobDocument[];
}

const CHECK_EVERY_MS = 60_000;
const SETTLE_MS = 1_000;
const SCRIPT_OF_NODE = /\.[cm]?js$/;

/**
 * Reads the configuration of a folder flow: an array of jobs, or an object that has them as `jobs`.
 * @throws RunnerError that names every place that is wrong
 */
export async function readFlow(path: string): Promise<FlowSettings> {
  const found = await readDocument(path);
  const document = checkDocument<FlowDocument>(
    path,
    Array.isArray(found) ? { jobs: found } : found,
    flowSchema,
  );
  const folder = dirname(path);
  const { flow: server = basename(folder), team, contact, description, inheritEnv = [], jobs } = document;
  const { checkEveryMs = CHECK_EVERY_MS, settleMs = SETTLE_MS, rerunChanged = false } = document;
  const problems: string[] = [];
  const read = jobs.map((job, index) =>
    jobOf(job, folder, (text) => problems.push(`  /jobs/${index}: ${text}`)),
  );
  if (problems.length > 0)
    throw new RunnerError('invalid_configuration', `${path} is not valid:\n${problems.join('\n')}`);
  const about = present({ team, contact, description });
  const linked = read.map((job) => ({ ...job, declared: { ...job.declared, ...edgesOf(job, read) } }));
  return { server, about, folder, inheritEnv, checkEveryMs, settleMs, rerunChanged, jobs: linked };
}

function jobOf(document: JobDocument, folder: string, problem: (text: string) => void): FlowJob {
  const { name, description, script, source, target, files = '*', env, retry, then = [] } = document;
  const { timeoutMs = TIMEOUT_MS, logLines = LOG_LINES } = document;
  const list = Array.isArray(source) ? (source as readonly PlaceDocument[]) : [source as PlaceDocument];
  const sources = list.map((place) => placeOf(place, files, problem));
  // The file that is made is named as the first one that it is made of, unless its place says otherwise.
  const made = placeOf(target, sources[0]!.files.text, problem);
  if (name === REPORT_TASK)
    problem(`"${REPORT_TASK}" is the task that reports the flow; name the job otherwise`);
  if (sources.some((place) => place.folder === made.folder))
    problem(`${made.folder} is source and target: the job would feed itself; take another target`);
  const keyed = [...sources, made].map((place) => place.files.text.includes('*'));
  if (new Set(keyed).size > 1)
    problem('either all or none of its file names have a "*": by it files belong together');
  return {
    name,
    declared: present({ description, retry }),
    script: scriptOf(script, folder),
    env: textsOf(env),
    sources,
    target: made,
    then,
    timeoutMs,
    logLines,
  };
}

function placeOf(document: PlaceDocument, files: string, problem: (text: string) => void): Place {
  const given = typeof document === 'string' ? { folder: document } : document;
  const folder = normalize(given.folder).replace(/\/$/, '');
  if (isAbsolute(folder) || folder === '.' || folder.split('/')[0] === '..')
    problem(`${given.folder} is no folder within the folder of the flow`);
  const pattern = given.files ?? files;
  if (!Pattern.isValid(pattern))
    problem(`${pattern} must be a file name with at most one "*", and no folder`);
  return { folder, files: new Pattern(pattern) };
}

/** A script of Node is run by the Node that runs this; any other one must be executable, or name its interpreter. */
function scriptOf(script: string | readonly string[], folder: string): [string, ...string[]] {
  const [program = '', ...args] = typeof script === 'string' ? [script] : script;
  if (typeof script !== 'string' && !program.includes('/')) return [program, ...args];
  const path = isAbsolute(program) ? program : join(folder, program);
  return SCRIPT_OF_NODE.test(path) ? [process.execPath, path, ...args] : [path, ...args];
}

/** A job depends on those whose target is a source of its own. */
function edgesOf(job: FlowJob, jobs: readonly FlowJob[]): { dependsOn?: string[] } {
  const feeding = jobs.filter((other) => job.sources.some(({ folder }) => folder === other.target.folder));
  return feeding.length === 0 ? {} : { dependsOn: feeding.map(({ name }) => name) };
}
