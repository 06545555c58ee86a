import type { DefinitionKind, JsonObject } from '../../model/index.js';
import { makeValidator, type Validate, type Validation } from '../validation/make-validator.js';
import { eventSchema } from './event.js';
import { eventSetSchema } from './event-set.js';
import { jobSchema } from './job.js';
import { policySchema } from './policy.js';
import { ruleSchema } from './rule.js';
import { scheduleSchema } from './schedule.js';

const SCHEMAS: { readonly [kind in DefinitionKind]: JsonObject } = {
  policy: policySchema,
  job: jobSchema,
  schedule: scheduleSchema,
  event: eventSchema,
  'event-set': eventSetSchema,
  rule: ruleSchema,
};
const validators = new Map<DefinitionKind, Validate>();

/** JSON Schema 2020-12 of what is defined over HTTP and in files; members that it does not name are errors. */
export const definitionSchema = (kind: DefinitionKind): JsonObject => SCHEMAS[kind];

/** Checks the shape of a definition; its meaning is the engine's to check. */
export function validateDefinition(kind: DefinitionKind, body: unknown): Validation {
  const validate = validators.get(kind) ?? makeValidator(SCHEMAS[kind]);
  validators.set(kind, validate);
  return validate(body);
}
