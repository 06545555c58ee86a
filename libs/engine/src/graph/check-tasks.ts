import type { DeclarationError, ServerDeclaration, TaskDeclaration } from '@cordyna/protocol/model';
import { qualify } from '@cordyna/protocol/model';
import type { DeclarationTools } from '../model/index.js';

/** Indexes of names that were there before. */
export function repeated(names: readonly string[]): readonly number[] {
  const seen = new Set<string>();
  return names.flatMap((name, at) => (seen.size === seen.add(name).size ? [at] : []));
}

/** What is wrong with a server's tasks, each by itself. Names and types are checked where the message is read. */
export function taskErrors(
  declaration: ServerDeclaration,
  tools: DeclarationTools,
): readonly DeclarationError[] {
  const { server, tasks } = declaration;
  const duplicates = repeated(tasks.map((task) => task.name)).map((at) => ({
    code: 'duplicate_name',
    path: `/tasks/${at}/name`,
    message: `the task '${tasks[at]?.name}' is declared twice: give each task of ${server} a name of its own`,
  }));
  const own = tasks.flatMap((task, at) => [
    ...selfDependencies(server, task, `/tasks/${at}`),
    ...scheduleErrors(task, `/tasks/${at}`, tools),
    ...schemaErrors(task, `/tasks/${at}`, tools),
    ...withoutForEach(task, `/tasks/${at}`),
  ]);
  return [...duplicates, ...own];
}

function selfDependencies(server: string, task: TaskDeclaration, path: string): readonly DeclarationError[] {
  const name = `${server}.${task.name}`;
  const error = (pointer: string): DeclarationError => ({
    code: 'self_dependency',
    path: `${path}/${pointer}`,
    message: `${name} depends on itself and would wait for ever: remove this dependency`,
  });
  const named = (task.dependsOn ?? []).flatMap((dependency, at) =>
    qualify(server, dependency) === name ? [error(`dependsOn/${at}`)] : [],
  );
  return task.forEach !== undefined && qualify(server, task.forEach) === name
    ? [...named, error('forEach')]
    : named;
}

function scheduleErrors(
  task: TaskDeclaration,
  path: string,
  tools: DeclarationTools,
): readonly DeclarationError[] {
  if (task.cron === undefined) return [];
  const errors = tools.cronErrors(task.cron, task.timezone ?? 'UTC').map((found) => ({
    code: 'invalid_cron',
    path: `${path}/cron`,
    message: `${found}: a pattern has 5 fields, or 6 with seconds first, and an IANA time zone`,
  }));
  if (task.everyMs === undefined) return errors;
  const both = `'${task.name}' has everyMs and cron, which exclude each other: keep one of them`;
  return [...errors, { code: 'schedule_conflict', path: `${path}/cron`, message: both }];
}

function schemaErrors(
  task: TaskDeclaration,
  path: string,
  tools: DeclarationTools,
): readonly DeclarationError[] {
  return (['argsSchema', 'outputSchema'] as const).flatMap((field) => {
    const schema = task[field];
    return (schema === undefined ? [] : tools.schemaErrors(schema)).map((found) => ({
      code: 'invalid_schema',
      path: `${path}/${field}`,
      message: `${found}: correct the JSON Schema or leave it out`,
    }));
  });
}

const OF_FOR_EACH = ['onError', 'concurrency'] as const;

function withoutForEach(task: TaskDeclaration, path: string): readonly DeclarationError[] {
  if (task.forEach !== undefined) return [];
  return OF_FOR_EACH.filter((member) => task[member] !== undefined).map((member) => ({
    code: 'no_for_each',
    path: `${path}/${member}`,
    message: `${member} is about the elements of a forEach, and '${task.name}' has none: leave it out or add forEach`,
  }));
}
