import type { RetryPolicy, TaskDeclaration, Timeouts } from '@cordyna/protocol/model';
import { isName, isQualifiedName, qualify } from '@cordyna/protocol/model';
import { InvalidDeclarationError } from '../errors.js';
import type { Duration } from './durations.js';
import { parseDuration } from './durations.js';
import type { TaskOptions } from './options.js';

const NAME_RULE =
  'must be 1 to 64 lower-case letters, digits, "_" or "-", beginning and ending with a letter or digit';

export function checkName(place: string, name: unknown): asserts name is string {
  if (typeof name === 'string' && isName(name)) return;
  const suggestion = typeof name === 'string' ? suggestName(name) : '';
  const remedy = suggestion ? `; write e.g. "${suggestion}"` : '';
  throw new InvalidDeclarationError(place, `the name ${JSON.stringify(name)} ${NAME_RULE}${remedy}`);
}

function suggestName(name: string): string {
  const text = name
    .replace(/([a-z0-9])([A-Z])/g, '$1-$2')
    .toLowerCase()
    .replace(/[^a-z0-9_-]+/g, '-')
    .replace(/^[^a-z0-9]+|[^a-z0-9]+$/g, '');
  return isName(text) ? text : '';
}

/** A bare or qualified task name, as `dependsOn` and `forEach` take it. */
export function checkReference(place: string, reference: unknown): void {
  if (typeof reference === 'string' && (isName(reference) || isQualifiedName(reference))) return;
  throw new InvalidDeclarationError(
    place,
    `${JSON.stringify(reference)} names no task; write "<server>.<task>", or "<task>" for one of this server`,
  );
}

/**
 * What the protocol takes for one task, checked here so that the mistake shows at the line that made it.
 * @throws InvalidDeclarationError
 */
export function declareTask(server: string, name: string, options: TaskOptions): TaskDeclaration {
  checkName(`a task of server "${server}"`, name);
  const place = `task "${server}.${name}"`;
  const { every, dependsOn = [], ...rest } = options;
  const references = [...dependsOn, ...(options.forEach === undefined ? [] : [options.forEach])];
  for (const reference of references) {
    checkReference(`${place}, dependsOn`, reference);
    if (qualify(server, reference) === `${server}.${name}`) {
      throw new InvalidDeclarationError(
        `${place}, dependsOn`,
        'a task cannot depend on itself; leave itself out',
      );
    }
  }
  checkSchedule(place, options);
  checkPositive(`${place}, timeouts`, options.timeouts, ['ackMs', 'startMs', 'completeMs']);
  checkRetry(`${place}, retry`, options.retry);
  checkPositive(place, options, ['concurrency']);
  return {
    name,
    ...rest,
    ...(dependsOn.length > 0 ? { dependsOn } : {}),
    ...(every === undefined ? {} : { everyMs: durationAt(`${place}, every`, every) }),
  };
}

function checkSchedule(place: string, { every, cron, timezone }: TaskOptions): void {
  if (every !== undefined && cron !== undefined) {
    throw new InvalidDeclarationError(
      place,
      '"every" and "cron" exclude each other; keep the one that is meant',
    );
  }
  if (cron !== undefined && ![5, 6].includes(cron.trim().split(/\s+/).length)) {
    throw new InvalidDeclarationError(
      `${place}, cron`,
      `"${cron}" must have five fields, or six with seconds first, e.g. "*/5 * * * *"`,
    );
  }
  if (timezone === undefined) return;
  if (cron === undefined) {
    throw new InvalidDeclarationError(
      `${place}, timezone`,
      'it belongs to "cron"; add one, or leave it out: intervals know no zone',
    );
  }
  try {
    new Intl.DateTimeFormat('en', { timeZone: timezone });
  } catch {
    throw new InvalidDeclarationError(
      `${place}, timezone`,
      `"${timezone}" is no IANA zone; write e.g. "Europe/Berlin"`,
    );
  }
}

function durationAt(place: string, duration: Duration): number {
  try {
    return parseDuration(duration);
  } catch (error) {
    throw new InvalidDeclarationError(place, (error as Error).message);
  }
}

function checkPositive<K extends keyof Timeouts | keyof RetryPolicy | 'concurrency'>(
  place: string,
  values: Partial<Record<K, number>> | undefined,
  keys: readonly K[],
): void {
  for (const key of keys) {
    const value = values?.[key];
    if (value === undefined || (Number.isSafeInteger(value) && value >= 1)) continue;
    throw new InvalidDeclarationError(
      `${place}.${key}`,
      `${JSON.stringify(value)} must be a whole number from 1 on`,
    );
  }
}

function checkRetry(place: string, retry: Partial<RetryPolicy> | undefined): void {
  checkPositive(place, retry, ['maxAttempts', 'backoffMs', 'maxBackoffMs']);
  const factor = retry?.factor;
  if (factor !== undefined && !(Number.isFinite(factor) && factor >= 1)) {
    throw new InvalidDeclarationError(
      `${place}.factor`,
      `${JSON.stringify(factor)} must be a number from 1 on`,
    );
  }
}
