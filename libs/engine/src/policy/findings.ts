import {
  qualify,
  serverOf,
  type JobBody,
  type PolicyBody,
  type PolicyEdges,
  type PolicyLevel,
  type PolicyPattern,
  type ServerDeclaration,
} from '@cordyna/protocol/model';

/** Something that the policy wants otherwise. */
export interface Finding {
  readonly level: PolicyLevel;
  /** JSON pointer into what it is about. */
  readonly path: string;
  readonly message: string;
}

/** Compiles a pattern that is applied in linear time. @throws Error when it is none */
export type CompilePattern = (pattern: string) => { test(text: string): boolean };

const isGiven = (value: unknown): boolean => value !== undefined && value !== null && value !== '';

function missing(
  required: { readonly [member: string]: PolicyLevel | undefined } = {},
  given: object,
  at: string,
): readonly Finding[] {
  const members = given as { readonly [member: string]: unknown };
  return Object.entries(required).flatMap(([member, level]) =>
    level === undefined || isGiven(members[member])
      ? []
      : [{ level, path: `${at}/${member}`, message: 'is required by the policy' }],
  );
}

function misnamed(
  naming: PolicyPattern | undefined,
  compile: CompilePattern,
): (name: string, path: string) => readonly Finding[] {
  if (!naming) return () => [];
  const { level, pattern } = naming;
  const compiled = compile(pattern);
  return (name, path) =>
    compiled.test(name) ? [] : [{ level, path, message: `must match ${pattern} by the policy` }];
}

/** What the policy finds in a declaration, as its server sent it. */
export function declarationFindings(
  { servers, tasks, jobs, dependencies }: PolicyBody,
  declaration: ServerDeclaration,
  compile: CompilePattern,
): readonly Finding[] {
  const ofTask = misnamed(tasks?.naming, compile);
  const ofJob = misnamed(jobs?.naming, compile);
  return [
    ...missing(servers?.required, declaration, ''),
    ...misnamed(servers?.naming, compile)(declaration.server, '/server'),
    ...declaration.tasks.flatMap((task, at) => [
      ...missing(tasks?.required, task, `/tasks/${at}`),
      ...ofTask(task.name, `/tasks/${at}/name`),
    ]),
    ...(declaration.jobs ?? []).flatMap((job, at) => [
      ...missing(jobs?.required, job, `/jobs/${at}`),
      ...ofJob(job.name, `/jobs/${at}/name`),
    ]),
    ...(dependencies ? foreignEdges(dependencies, declaration, compile) : []),
  ];
}

/** What the policy finds in a job that no server declares; paths into its body. */
export function jobFindings(
  { jobs }: PolicyBody,
  name: string,
  body: JobBody,
  compile: CompilePattern,
): readonly Finding[] {
  return [...missing(jobs?.required, body, ''), ...misnamed(jobs?.naming, compile)(name, '')];
}

type Matches = (task: string) => boolean;

/** `shop` and `shop-*` are all tasks of those servers; names have no character that a pattern takes otherwise but dots. */
function matcherOf(names: readonly string[], compile: CompilePattern): Matches {
  const patterns = names
    .map((name) => (name.includes('.') ? name : `${name}.*`))
    .map((name) => compile(`^${name.replaceAll('.', '\\.').replaceAll('*', '.*')}$`));
  return (task) => patterns.some((pattern) => pattern.test(task));
}

function foreignEdges(
  { level, allow, deny = [] }: NonNullable<PolicyBody['dependencies']>,
  { server, tasks }: ServerDeclaration,
  compile: CompilePattern,
): readonly Finding[] {
  const matchers = (edges: readonly PolicyEdges[]) =>
    edges.map(({ from, to }) => ({ from: matcherOf(from, compile), to: matcherOf(to, compile) }));
  const [allowed, denied] = [allow && matchers(allow), matchers(deny)];
  const isAmong = (edges: typeof denied, from: string, to: string): boolean =>
    edges.some((edge) => edge.from(from) && edge.to(to));
  return tasks.flatMap(({ name, dependsOn = [], forEach }, at) => {
    const from = `${server}.${name}`;
    const named = dependsOn.map((to, index) => [to, `/tasks/${at}/dependsOn/${index}`] as const);
    const all = forEach === undefined ? named : [...named, [forEach, `/tasks/${at}/forEach`] as const];
    return all.flatMap(([given, path]): readonly Finding[] => {
      const to = qualify(server, given);
      if (serverOf(to) === server) return [];
      if (isAmong(denied, from, to) || (allowed && !isAmong(allowed, from, to)))
        return [{ level, path, message: `${from} may not depend on ${to} by the policy` }];
      return [];
    });
  });
}
