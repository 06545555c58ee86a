import type { Evidence, StoredFiring } from './evidence.js';
import type { AnsweredFile, Defined, StoredDefinition } from './happened.js';
import type { Violation } from './verdict.js';

const wrong = (what: string): Violation => ({ invariant: 'I14', what });
/** Between the time that a version carries and the moment from which it counts. */
const SLACK_MS = 2_000;

/**
 * I14: each change of what people define makes the next version, a file is applied as a whole or not at all, and a
 * schedule is due by the version that was in force then, with none left out as long as that was.
 */
export const checkDefinitions = ({ defined, firings }: Evidence): Violation[] => [
  ...checkVersions(defined),
  ...defined.alike.flatMap((jobs) => checkAlike(defined, jobs)),
  ...defined.files.flatMap((file) => checkFile(file, defined)),
  ...defined.changed.flatMap((schedule) => checkDueTimes(schedule, defined, firings)),
];

function byName({ versions }: Defined): Map<string, StoredDefinition[]> {
  const all = new Map<string, StoredDefinition[]>();
  for (const one of [...versions].sort((a, b) => a.version - b.version)) {
    const name = `${one.kind} ${one.name}`;
    all.set(name, [...(all.get(name) ?? []), one]);
  }
  return all;
}

function checkVersions(defined: Defined): Violation[] {
  return [...byName(defined)].flatMap(([name, versions]) =>
    versions.flatMap(({ version, body }, at) => {
      if (version !== at + 1) return [wrong(`${name} has version ${version} where ${at + 1} is next`)];
      const before = versions[at - 1];
      const isSame = before !== undefined && JSON.stringify(before.body) === JSON.stringify(body);
      return isSame ? [wrong(`version ${version} of ${name} changes nothing`)] : [];
    }),
  );
}

function checkAlike(defined: Defined, jobs: readonly string[]): Violation[] {
  const all = byName(defined);
  const told = jobs.map((job) =>
    JSON.stringify((all.get(`job ${job}`) ?? []).map(({ version, body }) => ({ version, body }))),
  );
  return new Set(told).size <= 1 ? [] : [wrong(`${jobs.join(' and ')} were not always applied as one`)];
}

/** What was answered is one of the versions, so that it is in force or another one came later; else nothing of it is. */
function checkFile({ mark, names, outcome, changes }: AnsweredFile, { versions }: Defined): Violation[] {
  if (outcome !== 'applied') {
    const applied = versions.filter(({ body }) => body?.['description'] === mark);
    return applied.map(({ name }) => wrong(`${name} is as ${mark} has it, which was ${outcome} only`));
  }
  return names.flatMap((name) => {
    const version = changes.find((one) => one.kind === 'job' && one.name === name)?.version;
    const stored = versions.find((one) => one.kind === 'job' && one.name === name && one.version === version);
    if (stored?.body?.['description'] === mark) return [];
    return [wrong(`${name} is not in version ${version} as ${mark} has it, which was answered`)];
  });
}

/** A version with the times from which, and until which, it was in force. */
interface Reign {
  readonly everyMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

function checkDueTimes(schedule: string, defined: Defined, firings: readonly StoredFiring[]): Violation[] {
  const versions = byName(defined).get(`schedule ${schedule}`) ?? [];
  const reigns = versions.flatMap(({ body, atMs }, at): Reign[] => {
    const everyMs = body?.['everyMs'];
    return typeof everyMs === 'number'
      ? [{ everyMs, fromMs: atMs, toMs: versions[at + 1]?.atMs ?? Infinity }]
      : [];
  });
  const times = firings
    .filter((firing) => firing.schedule === schedule)
    .map(({ scheduledForMs }) => scheduledForMs)
    .sort((a, b) => a - b);
  const isDue = (ms: number): boolean =>
    reigns.some(
      ({ everyMs, fromMs, toMs }) => ms % everyMs === 0 && ms > fromMs - SLACK_MS && ms < toMs + SLACK_MS,
    );
  const strange = times.filter((ms) => !isDue(ms)).map((ms) => wrong(`${schedule} was not due at ${ms}`));
  const leftOut = times.slice(1).flatMap((ms, at) => {
    const before = times[at] ?? ms;
    const reign = reigns.find(({ fromMs, toMs }) => before > fromMs + SLACK_MS && ms < toMs - SLACK_MS);
    if (!reign || ms - before === reign.everyMs) return [];
    return [wrong(`${schedule}: what was due between ${before} and ${ms} was left out`)];
  });
  return [...strange, ...leftOut];
}
