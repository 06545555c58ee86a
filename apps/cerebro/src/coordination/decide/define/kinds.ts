import type { Definition, Registry } from '@cordyna/engine';
import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import type { Tools } from '../context.js';
import { eventRules, eventSetRules, ruleRules } from './events.js';
import { jobRules } from './job.js';
import { policyRules } from './policy.js';

export interface DefinitionError {
  /** Pointer into the body. */
  readonly path: string;
  readonly message: string;
}

export interface Findings {
  readonly errors: readonly DefinitionError[];
  readonly warnings: readonly string[];
}

/** What a kind of definition adds to what all have in common. */
export interface KindRules {
  /** Is the body good in this registry, which has the changes before it already? Its shape is checked before. */
  readonly check: (registry: Registry, name: string, body: JsonObject, tools: Tools) => Findings;
  /** What keeps the definition from being removed: empty when nothing does. */
  readonly keeps?: (registry: Registry, definition: Definition) => readonly DefinitionError[];
  /** What those lose that refer to the definition, when it is removed. */
  readonly missed?: (registry: Registry, definition: Definition) => readonly string[];
}

/** Of all kinds that are in the registry. */
export const KIND_RULES: { readonly [kind in Exclude<DefinitionKind, 'schedule'>]: KindRules } = {
  policy: policyRules,
  job: jobRules,
  event: eventRules,
  'event-set': eventSetRules,
  rule: ruleRules,
};
