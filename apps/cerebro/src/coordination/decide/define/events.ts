import { eventSetErrors, ruleErrors } from '@cordyna/engine';
import type { EventSetBody, RuleBody } from '@cordyna/protocol/model';
import type { KindRules } from './kinds.js';

export const eventRules: KindRules = { check: () => ({ errors: [], warnings: [] }) };

export const eventSetRules: KindRules = {
  check: (_registry, _name, body, { schemas }) => ({
    errors: eventSetErrors(body as unknown as EventSetBody, (schema) => schemas.schemaErrors(schema)),
    warnings: [],
  }),
};

export const ruleRules: KindRules = {
  check: (registry, _name, body) => ruleErrors(registry, body as unknown as RuleBody),
};
