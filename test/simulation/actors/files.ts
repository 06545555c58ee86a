import { CATCH_UPS, OVERLAPS, type JsonObject } from '@cordyna/protocol/model';
import type { Random } from '../world/random.js';

/** Schedules that are made, changed and removed while they are in force. */
export const OWN_SCHEDULE = 'own';
const IMPORTED_SCHEDULE = 'imported';
export const OWN_SCHEDULES: readonly string[] = [OWN_SCHEDULE, IMPORTED_SCHEDULE];
export const JOB = 'both';

/** Definitions that a file always has together, as `<kind>/<name>`, each with its mark as the description. */
export const TOGETHER: readonly (readonly string[])[] = [
  ['policy/policy', `job/${JOB}`],
  ['job/imported', 'job/imported-too'],
];

/** A policy, a job and its schedule: the text of a `cordyna.yaml`. */
export function cordynaFile(mark: string, tasks: readonly string[], random: Random): string {
  const members = random.shuffled(tasks).slice(0, random.between(1, 3));
  const target: JsonObject = random.chance(0.5) ? { job: JOB } : { task: random.pick(tasks) };
  const rules = { overlap: random.pick(OVERLAPS), catchUp: random.pick(CATCH_UPS) };
  return textOf({
    policy: { description: mark, tasks: { required: { description: 'warn' } } },
    jobs: { [JOB]: { description: mark, tasks: members.map((task) => ({ task })) } },
    schedules: {
      [OWN_SCHEDULE]: { description: mark, ...target, everyMs: random.between(2, 6) * 1_000, ...rules },
    },
  });
}

/** What makes a whole file void when it stands at its end: a rule that has nothing to do, or a member that there is not. */
export function flaw(random: Random): string {
  const end: JsonObject = random.chance(0.5) ? { activity: {} } : { activity: { cmd: 'idle' }, often: true };
  return textOf({ rules: { idle: { eventSet: 'next', ...end } } });
}

/** One line of YAML for each section. */
const textOf = (file: JsonObject): string =>
  Object.entries(file)
    .map(([section, content]) => `${section}: ${JSON.stringify(content)}\n`)
    .join('');

/** Two pipelines and a scheduled task: the text of a `sermos.yaml`. */
export function sermosFile(mark: string, tasks: readonly string[], random: Random): string {
  const pipeline = (): JsonObject => {
    const nodes = random.shuffled(tasks).slice(0, random.between(1, 2));
    const [first = '', ...rest] = nodes;
    return {
      description: mark,
      config: {
        dagAdjacency: { [first]: rest },
        taskDefinitions: Object.fromEntries(nodes.map((node) => [node, { handler: handlerOf(node) }])),
      },
    };
  };
  const timing = { scheduleType: 'interval', schedule: { every: random.between(3, 8), period: 'seconds' } };
  return textOf({
    pipelines: { imported: pipeline(), 'imported-too': pipeline() },
    scheduledTasks: {
      [IMPORTED_SCHEDULE]: { enabled: true, config: { ...timing, task: handlerOf(random.pick(tasks)) } },
    },
  });
}

const handlerOf = (task: string): string => `workers.${task}`;

/** handler → task, as an import is told. */
export const handlersOf = (tasks: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(tasks.map((task) => [handlerOf(task), task]));
