import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { EventType, JsonObject } from '../../model/index.js';
import type { FieldError } from '../cloudevents/cloud-event.js';
import { isTimestamp } from '../cloudevents/timestamps.js';
import { SCHEMAS } from '../schemas/index.js';
import { makeFill } from './defaults.js';
import { toFieldErrors } from './field-errors.js';

export type Validation =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly errors: readonly FieldError[] };

interface Validator {
  readonly fill: (data: unknown) => unknown;
  /** Stops at the first error. */
  readonly check: ValidateFunction;
}

const options = { strict: true, strictRequired: false, formats: { 'date-time': isTimestamp } };
const first = new Ajv2020(options);
const every = new Ajv2020({ ...options, allErrors: true, verbose: true });
const validators = new Map<string, Validator>();
const explainers = new Map<string, ValidateFunction>();

/** More values than this and only the first error is looked for: listing half a million would be an attack. */
const EXPLAINED_VALUES = 20_000;
const MAX_ERRORS = 100;

/**
 * Checks the data of a message type. In `value`, a null in an optional member is taken out and a list that is left out
 * and has a default is filled in; all other defaults are their reader's, and unknown members are passed on as they are.
 * A type that the protocol does not have is an error. Compiled on the first use of each type.
 */
export function validateData(type: string, data: unknown): Validation {
  const validator = validatorOf(type);
  if (!validator) return { ok: false, errors: [{ path: '', message: 'no message type of the protocol' }] };
  const value = validator.fill(data);
  if (validator.check(value)) return { ok: true, value: value as JsonObject };
  return { ok: false, errors: explain(type, value, validator.check.errors ?? []) };
}

/** JSON Schema 2020-12 of the data of a message type. */
export const schemaOf = (type: string): JsonObject | undefined =>
  isMessageType(type) ? SCHEMAS[type] : undefined;

/** The schemas of all message types. */
export const allSchemas = (): Readonly<Record<EventType, JsonObject>> => SCHEMAS;

export const isMessageType = (type: string): type is EventType => Object.hasOwn(SCHEMAS, type);

function validatorOf(type: string): Validator | undefined {
  const known = validators.get(type);
  if (known || !isMessageType(type)) return known;
  const schema = SCHEMAS[type];
  const validator = { fill: makeFill(schema), check: first.compile(schema) };
  validators.set(type, validator);
  return validator;
}

function explain(
  type: EventType | string,
  value: unknown,
  found: readonly ErrorObject[],
): readonly FieldError[] {
  let errors = found;
  if (isMessageType(type) && countValues(value) < EXPLAINED_VALUES) {
    const explainer = explainers.get(type) ?? every.compile(SCHEMAS[type]);
    explainers.set(type, explainer);
    explainer(value);
    errors = explainer.errors ?? found;
  }
  return toFieldErrors(errors).slice(0, MAX_ERRORS);
}

function countValues(value: unknown): number {
  if (typeof value !== 'object' || value === null) return 1;
  let count = 1;
  for (const member of Object.values(value)) {
    count += countValues(member);
    if (count >= EXPLAINED_VALUES) break;
  }
  return count;
}
