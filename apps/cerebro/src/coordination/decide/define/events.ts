import { eventSetErrors, ruleErrors, type Registry } from '@cordyna/engine';
import type { EventSetBody, RuleBody } from '@cordyna/protocol/model';
import type { KindRules } from './kinds.js';

export const eventRules: KindRules = { check: () => ({ errors: [], warnings: [] }) };

export const eventSetRules: KindRules = {
  check: (_registry, _name, body, { schemas }) => ({
    errors: eventSetErrors(body as unknown as EventSetBody, (schema) => schemas.schemaErrors(schema)),
    warnings: [],
  }),
  missed: (registry, { name: set }) => [
    ...rulesWith(registry, ({ eventSet }) => eventSet === set).map(
      (rule) => `the rule ${rule} does not fire without the event set ${set}`,
    ),
    ...rulesWith(registry, ({ triggering }) => triggering === set).map(
      (rule) => `firings of the rule ${rule} end in error without the event set ${set}`,
    ),
  ],
};

const rulesWith = ({ definitions }: Registry, holds: (rule: RuleBody) => boolean): readonly string[] =>
  [...definitions.values()]
    .filter(({ kind, body }) => kind === 'rule' && body !== null && holds(body as unknown as RuleBody))
    .map(({ name }) => name)
    .sort();

export const ruleRules: KindRules = {
  check: (registry, _name, body) => ruleErrors(registry, body as unknown as RuleBody),
};
