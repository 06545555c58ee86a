import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import { sameJson } from '../json/same.js';
import type { Definition, Registry } from '../model/index.js';

/** Key of `Registry.definitions`. */
export const definitionId = ({ kind, name }: { kind: DefinitionKind; name: string }): string =>
  `${kind}/${name}`;

/** The definition in force; undefined when there never was one, or it was removed. */
export function inForce(
  registry: Pick<Registry, 'definitions'>,
  kind: DefinitionKind,
  name: string,
): (Definition & { readonly body: JsonObject }) | undefined {
  const found = registry.definitions.get(definitionId({ kind, name }));
  return found && found.body !== null ? { ...found, body: found.body } : undefined;
}

/** The version that a change makes (`body` null: the removal); null when everything is like that already. */
export function nextVersion(
  registry: Pick<Registry, 'definitions'>,
  { kind, name, body }: Omit<Definition, 'version'>,
): Definition | null {
  const before = registry.definitions.get(definitionId({ kind, name }));
  if (before ? sameJson(before.body, body) : body === null) return null;
  return { kind, name, body, version: (before?.version ?? 0) + 1 };
}
