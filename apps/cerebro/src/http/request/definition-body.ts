import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import { validateDefinition } from '@cordyna/protocol/wire';
import type { ChangedBy, DefinitionChange } from '../../coordination/index.js';
import { ProblemError, type ProblemField } from '../problem/problem-kinds.js';

const MAX_AUTHOR = 200;
const MAX_REASON = 1_000;

export interface DefinitionBody extends ChangedBy {
  /** Null when the body names none. */
  readonly name: string | null;
  readonly body: JsonObject;
}

export const sentence = (errors: readonly ProblemField[]): string =>
  errors.map(({ path, message }) => `${path || 'the body'} ${message}`).join('; ');

/**
 * The body of a call that defines something: the definition with `author` and `reason` beside its members, and with
 * `name` where the path has none.
 * @throws ProblemError 400 without a JSON object, 422 with every error
 */
export function toDefinitionBody(kind: DefinitionKind, sent: unknown): DefinitionBody {
  const { name = null, ...rest } = toObject(sent);
  const { author, reason, body, errors } = takeBy(rest);
  const checked = validateDefinition(kind, body);
  const all = [...errors, ...(checked.ok ? [] : checked.errors)];
  if (name !== null && typeof name !== 'string') all.push({ path: '/name', message: 'must be a string' });
  if (all.length > 0 || !checked.ok) throw new ProblemError('invalid-definition', sentence(all), all);
  return { name: name as string | null, author, reason, body: checked.value };
}

/** The optional body of a call that changes something without defining it. */
export function toChangedBy(sent: unknown): ChangedBy {
  if (sent === undefined) return { author: null, reason: null };
  const { author, reason, body, errors } = takeBy(toObject(sent));
  const unknown = Object.keys(body).map((key) => ({ path: `/${key}`, message: 'is not known' }));
  const all = [...errors, ...unknown];
  if (all.length > 0) throw new ProblemError('invalid-body', sentence(all), all);
  return { author, reason };
}

export function toObject(sent: unknown): JsonObject {
  if (sent === undefined) throw new ProblemError('malformed-request', 'the body is missing');
  if (typeof sent !== 'object' || sent === null || Array.isArray(sent))
    throw new ProblemError('invalid-body', 'the body must be an object', [
      { path: '', message: 'must be an object' },
    ]);
  return sent as JsonObject;
}

function takeBy({ author, reason, ...body }: JsonObject): ChangedBy & {
  readonly body: JsonObject;
  readonly errors: readonly ProblemField[];
} {
  const errors: ProblemField[] = [];
  const text = (path: string, value: unknown, max: number): string | null => {
    if (value === undefined || value === null) return null;
    if (typeof value === 'string' && value.length > 0 && value.length <= max) return value;
    errors.push({ path, message: `must be a text of 1 to ${max} characters` });
    return null;
  };
  return {
    author: text('/author', author, MAX_AUTHOR),
    reason: text('/reason', reason, MAX_REASON),
    body,
    errors,
  };
}

/** `If-Match: "3"`, the version that a change is meant for. @throws ProblemError 400 */
export function toExpectedVersion(ifMatch: string | undefined): Pick<DefinitionChange, 'expectedVersion'> {
  if (ifMatch === undefined || ifMatch === '*') return {};
  const version = /^"?(\d{1,9})"?$/.exec(ifMatch)?.[1];
  if (version !== undefined) return { expectedVersion: Number(version) };
  throw new ProblemError('invalid-parameter', 'If-Match must be a version, such as "3"', [
    { path: 'If-Match', message: 'must be a version' },
  ]);
}
