import type { ErrorObject } from 'ajv';
import { pointerOf } from '../../model/index.js';
import type { FieldError } from '../cloudevents/cloud-event.js';

/** Errors whose parent says it better. */
const INSIDE_ANOTHER = /\/(?:oneOf\/\d+|anyOf\/1|propertyNames)\//;

/** Ajv's errors as sentences that name the field and the remedy, never the value: there may be a lease in it. */
export function toFieldErrors(errors: readonly ErrorObject[]): FieldError[] {
  return errors.filter((error) => !INSIDE_ANOTHER.test(error.schemaPath)).map(toFieldError);
}

function toFieldError(error: ErrorObject): FieldError {
  const path = error.instancePath;
  const params = error.params as Record<string, unknown>;
  switch (error.keyword) {
    case 'required':
      return { path: `${path}${pointerOf([String(params.missingProperty)])}`, message: 'is required' };
    case 'additionalProperties':
      return {
        path: `${path}${pointerOf([String(params.additionalProperty)])}`,
        message: 'is not known: take it out or correct its name',
      };
    case 'enum':
      return { path, message: `must be one of: ${(params.allowedValues as unknown[]).join(', ')}` };
    case 'pattern':
      return { path, message: `must be ${commentOf(error) ?? `a match of ${String(params.pattern)}`}` };
    case 'propertyNames':
      return {
        path: `${path}${pointerOf([String(params.propertyName)])}`,
        message: `the key must be ${keyCommentOf(error) ?? 'another'}`,
      };
    case 'format':
      return { path, message: 'must be a time as of RFC 3339, e.g. 2026-11-21T10:00:00.000Z' };
    case 'oneOf':
      return { path, message: `exactly one of ${requiredOnes(error)} is required` };
    case 'anyOf':
      return { path, message: 'must be null or valid' };
    default:
      return { path, message: error.message ?? 'is not valid' };
  }
}

function commentOf(error: ErrorObject): string | undefined {
  return (error.parentSchema as { $comment?: string } | undefined)?.$comment;
}

function keyCommentOf(error: ErrorObject): string | undefined {
  return (error.parentSchema as { propertyNames?: { $comment?: string } } | undefined)?.propertyNames
    ?.$comment;
}

function requiredOnes(error: ErrorObject): string {
  const branches = (error.parentSchema as { oneOf?: { required: string[] }[] } | undefined)?.oneOf ?? [];
  return branches.map((branch) => branch.required.join(' and ')).join(', ') || 'several members';
}
