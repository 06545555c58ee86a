import {
  definitionId,
  inForce,
  nextVersion,
  withDefinitions,
  type Definition,
  type Registry,
} from '@cordyna/engine';
import type { DefinitionChange, DefinitionResult } from '../../definitions/changes.js';
import type { Inbound, Outcome, RefusalCode } from '../../inbound.js';
import type { ScheduleDetails } from '../../ports/index.js';
import type { WorkingSet } from '../../working-set.js';
import type { Tools } from '../context.js';
import { detailsOf } from '../schedules.js';
import { KIND_RULES } from './kinds.js';
import type { Problem } from './problem.js';
import { changeSchedule, type ScheduleChange } from './schedule.js';

type Define = Extract<Inbound, { kind: 'define' }>;

/** Changes of definitions, each seeing those before it: all of them, or none with every error. */
export function decideDefinitions(inbound: Define, work: WorkingSet, tools: Tools): Outcome {
  let registry = work.registry();
  // A registry for each of thousands of schedules would be copied thousands of times; nothing but the other kinds looks at them.
  let ofSchedules: Definition[] = [];
  const problems: Problem[] = [];
  const results: DefinitionResult[] = [];
  const schedules: ScheduleChange[] = [];
  const details = new Map<string, ScheduleDetails>();
  const now = tools.clock.now();
  const made: NonNullable<ReturnType<typeof nextVersion>>[] = [];
  for (const change of inbound.changes) {
    if (change.kind === 'schedule') {
      const before = details.get(change.name) ?? detailsOf(change.name, work);
      const schedule = changeSchedule(change, inbound, registry, before, now);
      details.set(change.name, schedule.details);
      problems.push(...schedule.problems);
      results.push(schedule.result);
      schedules.push(schedule);
      ofSchedules.push(schedule.definition);
      continue;
    }
    if (ofSchedules.length > 0) registry = withDefinitions(registry, ofSchedules);
    ofSchedules = [];
    const found = check(registry, change, tools);
    problems.push(...found.problems);
    const { kind, name, action, body } = change;
    const before = inForce(registry, kind, name);
    const definition = nextVersion(registry, { kind, name, body: action === 'remove' ? null : body });
    const version = definition?.version ?? registry.definitions.get(definitionId(change))?.version ?? 0;
    const changed = action === 'remove' ? 'removed' : before ? 'changed' : 'created';
    const outcome = definition ? changed : 'unchanged';
    const was = before?.body ?? null;
    results.push({ kind, name, outcome, version, before: was, warnings: found.warnings });
    if (!definition) continue;
    registry = withDefinitions(registry, [definition]);
    made.push(definition);
  }
  if (problems.length > 0) return refused(problems);
  if (ofSchedules.length > 0) registry = withDefinitions(registry, ofSchedules);
  if (inbound.isDryRun) return { kind: 'defined', results };
  const { author, reason } = inbound;
  for (const definition of made)
    work.changeRegistry(registry, { kind: 'define', definition, author, reason });
  for (const { apply } of schedules) apply(work, registry);
  return { kind: 'defined', results };
}

function check(
  registry: Registry,
  change: DefinitionChange,
  tools: Tools,
): { readonly problems: readonly Problem[]; readonly warnings: readonly string[] } {
  const { kind, name, action, body, expectedVersion, path } = change;
  const problem = (code: RefusalCode, message: string) => ({
    problems: [{ code, path, message }],
    warnings: [],
  });
  const found = inForce(registry, kind, name);
  if (action === 'create' && found)
    return problem('definition_exists', `the ${kind} ${name} exists, in version ${found.version}`);
  if (action === 'remove' && !found) return problem('unknown_definition', `there is no ${kind} ${name}`);
  const version = found?.version ?? 0;
  if (expectedVersion !== undefined && expectedVersion !== version)
    return problem('version_conflict', `version ${version} of the ${kind} ${name} is in force`);
  const rules = KIND_RULES[kind as keyof typeof KIND_RULES];
  const { errors, warnings } =
    action === 'remove' && found
      ? { errors: rules.keeps?.(registry, found) ?? [], warnings: rules.missed?.(registry, found) ?? [] }
      : rules.check(registry, name, body, tools);
  const problems = errors.map((error) => ({
    code: action === 'remove' ? ('definition_in_use' as const) : ('invalid_definition' as const),
    path: `${path}${error.path}`,
    message: error.message,
  }));
  return { problems, warnings };
}

/** The code is the first problem's; every problem is told. */
function refused(problems: readonly Problem[]): Outcome {
  const [first] = problems;
  return {
    kind: 'refused',
    code: first?.code ?? 'invalid_definition',
    message: first?.message ?? '',
    errors: problems.map(({ path, message }) => ({ path, message })),
  };
}
