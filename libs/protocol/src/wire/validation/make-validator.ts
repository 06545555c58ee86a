import type { ErrorObject, ValidateFunction } from 'ajv';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { JsonObject } from '../../model/index.js';
import type { FieldError } from '../cloudevents/cloud-event.js';
import { isTimestamp } from '../cloudevents/timestamps.js';
import { makeFill } from './defaults.js';
import { toFieldErrors } from './field-errors.js';

export type Validation =
  | { readonly ok: true; readonly value: JsonObject }
  | { readonly ok: false; readonly errors: readonly FieldError[] };
export type Validate = (data: unknown) => Validation;

// The schemas are generated, and a test checks them: compiling the schema of schemas would take longer than all of them.
const options = {
  ...{ strict: true, strictRequired: false, formats: { 'date-time': isTimestamp } },
  ...{ meta: false, validateSchema: false },
};
const first = new Ajv2020(options);
const every = new Ajv2020({ ...options, allErrors: true, verbose: true });

/** More values than this and only the first error is looked for: listing half a million would be an attack. */
const EXPLAINED_VALUES = 20_000;
const MAX_ERRORS = 100;

/** Compiles the check of a schema: it stops at the first error, and only then looks for all of them. */
export function makeValidator(schema: JsonObject): Validate {
  const fill = makeFill(schema);
  const check = first.compile(schema);
  let explainer: ValidateFunction | null = null;
  const explain = (value: unknown, found: readonly ErrorObject[]): readonly FieldError[] => {
    let errors = found;
    if (countValues(value) < EXPLAINED_VALUES) {
      explainer ??= every.compile(schema);
      explainer(value);
      errors = explainer.errors ?? found;
    }
    return toFieldErrors(errors).slice(0, MAX_ERRORS);
  };
  return (data) => {
    const value = fill(data);
    if (check(value)) return { ok: true, value: value as JsonObject };
    return { ok: false, errors: explain(value, check.errors ?? []) };
  };
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
