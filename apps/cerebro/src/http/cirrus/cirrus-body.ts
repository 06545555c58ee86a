import { isJsonObject, type DefinitionKind, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import { parseStrictJson, validateDefinition } from '@cordyna/protocol/wire';
import { ProblemError, type ProblemField } from '../problem/problem-kinds.js';
import { sentence } from '../request/definition-body.js';

export const CIRRUS_TYPES = ['event', 'event_set', 'rule'] as const;
export type CirrusType = (typeof CIRRUS_TYPES)[number];
export const KIND_OF = { event: 'event', event_set: 'event-set', rule: 'rule' } as const;

/** Cirrus' own clients send JSON in a JSON string (`requests.put(…, json=json.dumps(payload))`). */
export function toPayload(body: unknown): JsonValue {
  if (body === undefined) throw new ProblemError('malformed-request', 'the body is missing');
  if (typeof body !== 'string') return body as JsonValue;
  const parsed = parseStrictJson(Buffer.from(body));
  if (parsed.ok) return parsed.value as JsonValue;
  throw new ProblemError('malformed-request', parsed.detail.replace(/^the value/, 'the JSON in the body'));
}

/** @throws ProblemError with the place of each error in the payload */
export function toDefinition(
  type: CirrusType,
  payload: JsonValue,
): { readonly body: JsonObject; readonly prefix: string } {
  const [body, prefix] = bodyOf(type, payload);
  const kind: DefinitionKind = KIND_OF[type];
  const checked = validateDefinition(kind, body);
  if (checked.ok) return { body: checked.value, prefix };
  const errors = checked.errors.map(({ path, message }) => ({ path: toPayloadPath(path, prefix), message }));
  throw new ProblemError('invalid-definition', sentence(errors), errors);
}

function bodyOf(type: CirrusType, payload: JsonValue): readonly [JsonObject, string] {
  if (type === 'event') return [{ payload }, ''];
  if (type === 'event_set') return [{ events: payload, latched: true }, ''];
  const entries = isJsonObject(payload) ? Object.entries(payload) : [];
  const [entry] = entries;
  if (!entry || entries.length !== 1)
    throw invalid('', 'must be an object with one member, named by an event set');
  const [eventSet, what] = entry;
  const path = `/${eventSet}`;
  if (!isJsonObject(what)) throw invalid(path, 'must be an object');
  for (const name of Object.keys(what))
    if (!['activity', 'triggering', 'attempts'].includes(name))
      throw invalid(`${path}/${name}`, 'is not known: take it out or correct its name');
  return [{ ...what, eventSet }, path];
}

/** Where in the payload an error of the definition is. */
export const toPayloadPath = (path: string, prefix: string): string =>
  path.startsWith('/events')
    ? path.slice('/events'.length)
    : path === '/eventSet'
      ? prefix
      : `${prefix}${path}`;

function invalid(path: string, message: string): ProblemError {
  const errors: ProblemField[] = [{ path, message }];
  return new ProblemError('invalid-definition', sentence(errors), errors);
}

export interface Action {
  readonly action: string;
  readonly force: boolean;
  /** As it was sent. */
  readonly sent: JsonObject;
}

/** Null: there is no action in it. */
export function toAction(body: unknown): Action | null {
  const sent = toPayload(body);
  if (!isJsonObject(sent)) throw invalid('', 'must be an object');
  const { action, force = 'false' } = sent;
  if (typeof action !== 'string') return null;
  if (![true, false, 'true', 'false'].includes(force as string))
    throw invalid('/force', 'must be "true" or "false"');
  return { action, force: String(force) === 'true', sent };
}
