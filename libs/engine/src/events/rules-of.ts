import type { EventSetBody, RuleBody } from '@cordyna/protocol/model';
import { inForce } from '../definitions/index.js';
import type { Registry } from '../model/index.js';
import type { ActiveRule } from './model.js';

type ByType = ReadonlyMap<string, readonly ActiveRule[]>;

const indexes = new WeakMap<Registry, ByType>();

/** The rules whose event sets name this type, by name. Registries are immutable: each is looked through once. */
export function rulesFor(registry: Registry, type: string): readonly ActiveRule[] {
  const index = indexes.get(registry) ?? indexOf(registry);
  indexes.set(registry, index);
  return index.get(type) ?? [];
}

/** Undefined without its event set, too. */
export function activeRule(registry: Registry, rule: string): ActiveRule | undefined {
  const found = inForce(registry, 'rule', rule);
  if (!found) return undefined;
  const body = found.body as unknown as RuleBody;
  const set = inForce(registry, 'event-set', body.eventSet);
  if (!set) return undefined;
  const revision = `${found.version} ${body.eventSet} ${set.version}`;
  return { rule, version: found.version, body, set: set.body as unknown as EventSetBody, revision };
}

function indexOf(registry: Registry): ByType {
  const byType = new Map<string, ActiveRule[]>();
  for (const { kind, name } of registry.definitions.values()) {
    const rule = kind === 'rule' ? activeRule(registry, name) : undefined;
    if (!rule) continue;
    for (const type of new Set(rule.set.events)) {
      const known = byType.get(type) ?? [];
      byType.set(type, [...known, rule]);
    }
  }
  return byType;
}

const latchedTypes = new WeakMap<Registry, ReadonlySet<string>>();

/** Does a latched event set name this type, with or without a rule? */
export function isLatched(registry: Registry, type: string): boolean {
  const known = latchedTypes.get(registry) ?? latchedIn(registry);
  latchedTypes.set(registry, known);
  return known.has(type);
}

function latchedIn(registry: Registry): ReadonlySet<string> {
  const types = new Set<string>();
  for (const { kind, body } of registry.definitions.values()) {
    if (kind !== 'event-set' || body === null) continue;
    const { latched, events } = body as unknown as EventSetBody;
    if (latched) for (const type of events) types.add(type);
  }
  return types;
}
