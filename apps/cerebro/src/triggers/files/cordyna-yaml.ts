import { pointerOf, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import {
  definitionSchema,
  FILE_SECTIONS,
  validateDefinition,
  validateFileSections,
  type FileSection,
} from '@cordyna/protocol/wire';
import { stringify } from 'yaml';
import {
  FileFormat,
  InvalidFile,
  type DefinitionChange,
  type DefinitionOf,
  type FileContent,
  type FileError,
  type SermosImport,
  type SermosOptions,
} from '../../coordination/index.js';
import { importSermos } from './sermos/index.js';
import { readYaml, type YamlSource } from './yaml-source.js';

/** `cordyna.yaml`: a section for each kind of definition, and in it the definitions by name. */
export class CordynaYaml extends FileFormat {
  read(text: string): FileContent {
    const source = readYaml(text);
    const sections = source.value ?? {};
    const checked = validateFileSections(sections);
    const errors: { path: string; message: string }[] = checked.ok ? [] : [...checked.errors];
    const changes: DefinitionChange[] = [];
    for (const part of FILE_SECTIONS) {
      for (const { name, path, sent } of entriesOf(part, sections)) {
        const found = validateDefinition(part.kind, sent);
        if (found.ok) changes.push({ kind: part.kind, name, action: 'put', body: found.value, path });
        else errors.push(...found.errors.map((error) => ({ ...error, path: `${path}${error.path}` })));
      }
    }
    if (errors.length > 0) throw invalid(errors, source);
    return { changes, placeOf: source.placeOf };
  }

  write(definitions: readonly DefinitionOf[]): string {
    const sections = FILE_SECTIONS.flatMap(({ kind, section, names }) => {
      const own = definitions
        .filter((one) => one.kind === kind)
        .sort((a, b) => (a.name < b.name ? -1 : 1))
        .map(({ name, body }) => [name, inOrder(body, definitionSchema(kind))] as const);
      if (own.length === 0) return [];
      return [[section, names === null ? own[0]?.[1] : Object.fromEntries(own)] as const];
    });
    return stringify(Object.fromEntries(sections), { lineWidth: 0, aliasDuplicateObjects: false });
  }

  importSermos(text: string, options: SermosOptions): SermosImport {
    return importSermos(text, options, (definitions) => this.write(definitions));
  }
}

const isObject = (value: JsonValue | undefined): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * The definitions of a section, as far as they are objects; one of a kind of which there is one stands there without its
 * name.
 */
function entriesOf({ section, names }: FileSection, sections: JsonValue) {
  const own = isObject(sections) ? sections[section] : undefined;
  if (!isObject(own)) return [];
  if (names === null) return [{ name: section, path: pointerOf([section]), sent: own }];
  return Object.entries(own)
    .filter(([, sent]) => isObject(sent))
    .map(([name, sent]) => ({ name, path: pointerOf([section, name]), sent }));
}

const invalid = (found: readonly { path: string; message: string }[], { placeOf }: YamlSource): InvalidFile =>
  new InvalidFile(found.map(({ path, message }): FileError => ({ path, message, ...placeOf(path) })));

interface Order {
  readonly properties?: { readonly [name: string]: Order };
  readonly items?: Order;
}

/** Members in the order of their schema, which people know; those that it leaves open by name. */
function inOrder(value: JsonValue, order: Order | undefined): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => inOrder(item, order?.items));
  if (typeof value !== 'object' || value === null) return value;
  const members = value as JsonObject;
  const known = Object.keys(order?.properties ?? {});
  const names = [
    ...known.filter((name) => name in members),
    ...Object.keys(members)
      .filter((name) => !known.includes(name))
      .sort(),
  ];
  return Object.fromEntries(
    names.map((name) => [name, inOrder(members[name] as JsonValue, order?.properties?.[name])]),
  );
}
