import { DEFINITION_KINDS, POLICY_NAME, type DefinitionKind, type JsonObject } from '../../model/index.js';
import { makeValidator, type Validate, type Validation } from '../validation/make-validator.js';
import { definitionSchema } from './index.js';
import { eventName, jobName, name } from './parts.js';

interface Section {
  /** The member of the file. */
  readonly section: string;
  /** Of the names in it; null of a kind of which there is one, which stands there without its name. */
  readonly names: JsonObject | null;
}

/** Where definitions of each kind stand in a `cordyna.yaml`. */
const SECTIONS: { readonly [kind in DefinitionKind]: Section } = {
  policy: { section: POLICY_NAME, names: null },
  job: { section: 'jobs', names: name },
  schedule: { section: 'schedules', names: jobName },
  event: { section: 'events', names: eventName },
  'event-set': { section: 'eventSets', names: eventName },
  rule: { section: 'rules', names: eventName },
};

export interface FileSection extends Section {
  readonly kind: DefinitionKind;
}

/** In the order in which they are applied: what others name comes before them. */
export const FILE_SECTIONS: readonly FileSection[] = DEFINITION_KINDS.map((kind) => ({
  kind,
  ...SECTIONS[kind],
}));

/** The schema of a kind without what only a document of its own has. */
function partOf(kind: DefinitionKind): JsonObject {
  const { $schema: _, $id: __, ...schema } = definitionSchema(kind);
  return schema;
}

const file = (bodyOf: (kind: DefinitionKind) => JsonObject): JsonObject => ({
  type: 'object',
  additionalProperties: false,
  properties: Object.fromEntries(
    FILE_SECTIONS.map(({ kind, section, names }) => [
      section,
      names === null
        ? bodyOf(kind)
        : { type: 'object', propertyNames: names, additionalProperties: bodyOf(kind) },
    ]),
  ),
});

/** JSON Schema 2020-12 of a `cordyna.yaml`, for editors and other tools. */
export const cordynaFileSchema = (): JsonObject => ({
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:file',
  title: 'cordyna.yaml',
  description: 'What is defined in an installation of Cordyna.',
  ...file(partOf),
});

let outer: Validate | null = null;

/** Checks everything but the definitions themselves, which `validateDefinition` does. */
export function validateFileSections(value: unknown): Validation {
  outer ??= makeValidator(file(() => ({ type: 'object' })));
  return outer(value);
}
