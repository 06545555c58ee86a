import 'reflect-metadata';
import { createRequire } from 'node:module';
import type { MetadataStorage } from 'class-transformer/types/MetadataStorage.js';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { EventType } from '../../model/index.js';
import { constraintNames, docOf } from '../dto/constraints.js';
import type { DtoClass } from '../dto/messages.js';
import { MESSAGES } from '../dto/messages.js';

type Schema = Record<string, unknown>;

// class-transformer does not export its storage; the schema generator needs it to follow nested classes.
const { defaultMetadataStorage } = createRequire(import.meta.url)('class-transformer/cjs/storage.js') as {
  defaultMetadataStorage: MetadataStorage;
};

const REF_PREFIX = '#/$defs/';

/** JSON Schema 2020-12 of each message type's data, made of the classes in `dto/`; each stands by itself. */
export function generateSchemas(): Map<EventType, Schema> {
  const fragments = Object.fromEntries(
    [...constraintNames].map((name) => [
      name,
      (meta: { constraints: unknown[] }) => meta.constraints[0] as Schema,
    ]),
  );
  const classes = validationMetadatasToSchemas({
    classTransformerMetadataStorage: defaultMetadataStorage,
    additionalConverters: fragments,
    refPointerPrefix: REF_PREFIX,
  }) as Record<string, Schema>;
  const types = Object.entries(MESSAGES) as [EventType, DtoClass][];
  // A class that adds no member to its parent is not in the storage.
  for (const [, dto] of types) {
    const parent = Object.getPrototypeOf(dto) as DtoClass;
    classes[dto.name] ??= { ...classes[parent.name], description: docOf(dto) };
  }
  return new Map(types.map(([type, dto]) => [type, standalone(type, classes, dto.name)]));
}

function standalone(type: EventType, classes: Record<string, Schema>, root: string): Schema {
  const needed = new Map<string, Schema>();
  const collect = (name: string): Schema => {
    const schema = tidy(classes[name]!) as Schema;
    for (const used of references(schema)) {
      if (needed.has(used)) continue;
      needed.set(used, {});
      needed.set(used, collect(used));
    }
    return schema;
  };
  const schema = collect(root);
  const defs = [...needed].sort(([a], [b]) => (a < b ? -1 : 1));
  return renamed({
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: `urn:cordyna:schema:${type}`,
    title: type,
    ...ordered(schema),
    ...(defs.length > 0 && { $defs: Object.fromEntries(defs.map(([name, def]) => [name, ordered(def)])) }),
  });
}

/** The order in which people read a schema. */
function ordered({ description, type, required, properties, ...rest }: Schema): Schema {
  return {
    ...(description ? { description } : {}),
    type,
    ...(required ? { required } : {}),
    ...rest,
    properties,
  };
}

function tidy(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(tidy);
  if (typeof node !== 'object' || node === null) return node;
  const { 'x-or-null': orNull, ...rest } = node as Schema;
  if (orNull) {
    const { $ref, ...others } = rest;
    return { ...others, anyOf: [{ $ref }, { type: 'null' }] };
  }
  return Object.fromEntries(Object.entries(rest).map(([key, value]) => [key, tidy(value)]));
}

function references(node: unknown): string[] {
  if (typeof node !== 'object' || node === null) return [];
  return Object.entries(node).flatMap(([key, value]) =>
    key === '$ref' ? [String(value).slice(REF_PREFIX.length)] : references(value),
  );
}

/** Definitions bear the name of the thing, not of the class. */
function renamed(schema: Schema): Schema {
  const text = JSON.stringify(schema).replaceAll(/(#\/\$defs\/\w+)Dto"/g, '$1"');
  const result = JSON.parse(text) as Schema;
  const defs = result.$defs as Record<string, Schema> | undefined;
  if (!defs) return result;
  return {
    ...result,
    $defs: Object.fromEntries(Object.entries(defs).map(([name, def]) => [name.replace(/Dto$/, ''), def])),
  };
}
