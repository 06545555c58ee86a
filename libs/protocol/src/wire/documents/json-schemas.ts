import 'reflect-metadata';
import { ValidationTypes } from 'class-validator';
import { validationMetadatasToSchemas } from 'class-validator-jsonschema';
import type { EventType } from '../../model/index.js';
import type { DtoClass } from '../dto/constraints.js';
import { constraintNames, docOf, nestedTypeOf } from '../dto/constraints.js';
import { MESSAGES } from '../dto/messages.js';

type Schema = Record<string, unknown>;
type Constrained = { constraints: unknown[] };

const REF_PREFIX = '#/$defs/';

/** JSON Schema 2020-12 of each message type's data, made of the classes in `dto/`; each stands by itself. */
export function generateSchemas(): Map<EventType, Schema> {
  const fragments = [...constraintNames].map((name) => [
    name,
    (meta: Constrained) => meta.constraints[0] as Schema,
  ]);
  const classes = validationMetadatasToSchemas({
    additionalConverters: {
      ...(Object.fromEntries(fragments) as Record<string, (meta: Constrained) => Schema>),
      [ValidationTypes.NESTED_VALIDATION]: ({ target, propertyName }) => {
        const nested = nestedTypeOf((target as DtoClass).prototype as object, propertyName);
        return { $ref: `${REF_PREFIX}${nested?.name}` };
      },
    },
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
    const schema = tidy(classes[name]!);
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

/** A member that may be null is required all the same; the library takes every condition for an option. */
function tidy(schema: Schema): Schema {
  const properties = { ...(schema.properties as Record<string, Schema>) };
  const required = new Set((schema.required as string[] | undefined) ?? []);
  for (const [name, property] of Object.entries(properties)) {
    const { 'x-or-null': orNull, $ref, ...rest } = property;
    if (!orNull) continue;
    properties[name] = { ...rest, anyOf: [{ $ref }, { type: 'null' }] };
    required.add(name);
  }
  const inOrder = Object.keys(properties).filter((name) => required.has(name));
  return { ...schema, ...(required.size > 0 && { required: inOrder }), properties };
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
