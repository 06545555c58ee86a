import type { JobDeclaration } from '@cordyna/protocol/model';
import { InvalidDeclarationError } from '../errors.js';
import { checkName, checkReference } from './declare-task.js';
import type { JobOptions } from './options.js';

/** @throws InvalidDeclarationError */
export function declareJob(server: string, name: string, options: JobOptions): JobDeclaration {
  checkName(`a job of server "${server}"`, name);
  const place = `job "${server}.${name}"`;
  if (!Array.isArray(options.tasks) || options.tasks.length === 0) {
    throw new InvalidDeclarationError(`${place}, tasks`, 'a job needs at least one task; name it');
  }
  const tasks = options.tasks.map((member) => (typeof member === 'string' ? { task: member } : member));
  for (const { task, dependsOn = [] } of tasks) {
    for (const reference of [task, ...dependsOn]) checkReference(`${place}, tasks`, reference);
  }
  return { ...options, name, tasks };
}
