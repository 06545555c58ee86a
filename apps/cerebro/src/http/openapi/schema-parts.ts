import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import { definitionSchema } from '@cordyna/protocol/wire';

/** JSON Schema 2020-12, which OpenAPI 3.1 takes as it is. */
export const text = { type: 'string' } as const;
export const nullableText = { type: ['string', 'null'] } as const;
export const whole = { type: 'integer' } as const;
export const nullableWhole = { type: ['integer', 'null'] } as const;
export const uuid = { type: 'string', format: 'uuid' } as const;
export const flag = { type: 'boolean' } as const;
export const time = { type: 'string', format: 'date-time' } as const;
export const nullableTime = { type: ['string', 'null'], format: 'date-time' } as const;
export const anyObject = { type: 'object' } as const;
export const texts = { type: 'object', additionalProperties: text } as const;
export const oneOf = (values: readonly string[]) => ({ type: 'string', enum: [...values] });
export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
export const orNull = (schema: JsonObject) => ({ oneOf: [schema, { type: 'null' }] });
export const list = (items: JsonObject) => ({ type: 'array', items });

/** All properties are required but those named in `optional`. */
export const object = (properties: JsonObject, ...optional: string[]): JsonObject => ({
  type: 'object',
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
  properties,
});
export const page = (items: JsonObject): JsonObject =>
  object({
    items: list(items),
    next: { ...nullableText, description: '`cursor` of the next page; null on the last.' },
  });

/** A definition's own schema with who changed it and why; `named` where the path does not name it. */
export function definition(kind: DefinitionKind, named: boolean): JsonObject {
  const { properties, required = [] } = definitionSchema(kind);
  const by = { author: { ...text, maxLength: 200 }, reason: { ...text, maxLength: 1_000 } };
  return {
    type: 'object',
    required: [...(named ? ['name'] : []), ...(required as string[])],
    additionalProperties: false,
    properties: { ...(named ? { name: text } : {}), ...(properties as JsonObject), ...by },
  };
}
