import type { EventType, JsonObject } from '../../model/index.js';
import { SCHEMAS } from '../schemas/index.js';
import { makeValidator, type Validate, type Validation } from './make-validator.js';

export type { Validation } from './make-validator.js';

const validators = new Map<string, Validate>();

/**
 * Checks the data of a message type. In `value`, a null in an optional member is taken out and a list that is left out
 * and has a default is filled in; all other defaults are their reader's, and unknown members are passed on as they are.
 * A type that the protocol does not have is an error. Compiled on the first use of each type.
 */
export function validateData(type: string, data: unknown): Validation {
  if (!isMessageType(type))
    return { ok: false, errors: [{ path: '', message: 'no message type of the protocol' }] };
  const validate = validators.get(type) ?? makeValidator(SCHEMAS[type]);
  validators.set(type, validate);
  return validate(data);
}

/** JSON Schema 2020-12 of the data of a message type. */
export const schemaOf = (type: string): JsonObject | undefined =>
  isMessageType(type) ? SCHEMAS[type] : undefined;

/** The schemas of all message types. */
export const allSchemas = (): Readonly<Record<EventType, JsonObject>> => SCHEMAS;

export const isMessageType = (type: string): type is EventType => Object.hasOwn(SCHEMAS, type);
