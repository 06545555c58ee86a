import { TaskFailure } from '@cordyna/task-server';
import type { TaskEvent } from '@cordyna/task-server';

const PLACE = /\$\{([^}]*)\}/g;
const NOT_TEXT = /\0/;

/**
 * Puts values of the invocation in place of `${args.<name>}`, `${item}`, `${item.<name>}`, `${run}`, `${invocation}`, `${attempt}`. Each stays
 * within its argument, whatever it holds: there is no shell that would read it.
 * @throws TaskFailure `argument_missing`, `argument_invalid`
 */
export function fillIn(text: string, event: TaskEvent): string {
  return text.replace(PLACE, (place, path: string) => {
    const value = valueAt(event, path.split('.'));
    if (value === undefined || value === null) {
      throw TaskFailure.nonRetryable('argument_missing', `${place} has no value in this run`, {
        description: 'Give it in the arguments of the run, or in the defaults of the task.',
      });
    }
    const filled = typeof value === 'object' ? JSON.stringify(value) : String(value);
    if (NOT_TEXT.test(filled))
      throw TaskFailure.nonRetryable(
        'argument_invalid',
        `${place} holds a NUL character, which no program takes`,
      );
    return filled;
  });
}

function valueAt(
  { args, item, run, invocation, attempt }: TaskEvent,
  [first = '', ...rest]: string[],
): unknown {
  const roots: Readonly<Record<string, unknown>> = { args, item: item?.value, run, invocation, attempt };
  return rest.reduce<unknown>(
    (value, name) =>
      typeof value === 'object' && value !== null && Object.hasOwn(value, name)
        ? (value as Record<string, unknown>)[name]
        : undefined,
    Object.hasOwn(roots, first) ? roots[first] : undefined,
  );
}
