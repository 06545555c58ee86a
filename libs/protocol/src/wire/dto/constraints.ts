import { ValidateBy, ValidateIf, ValidateNested } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import { isJsonObject } from '../../model/index.js';
import { isTimestamp } from '../cloudevents/timestamps.js';

/** The schema fragment that says the same as a decorator's check, kept where the schema generator finds it. */
export type SchemaFragment = Readonly<Record<string, unknown>>;
export type DtoClass = new () => object;

const names = new Set<string>();
/** Names of all constraints below; each has its schema fragment as its first constraint. */
export const constraintNames: ReadonlySet<string> = names;

function constraint(
  name: string,
  schema: SchemaFragment,
  message: string,
  accepts: (value: unknown) => boolean,
): PropertyDecorator {
  names.add(name);
  const validator = { validate: accepts, defaultMessage: () => `$property ${message}` };
  return ValidateBy({ name, constraints: [schema], validator });
}

/** May be left out. A null is taken out before validation, see `validateData`. */
export const Optional = (): PropertyDecorator => ValidateIf((_, value) => value !== undefined);

const docs = new WeakMap<object, string>();

/** What a person reads in the schema and in the documents made of it. */
export function Doc(description: string): ClassDecorator & PropertyDecorator {
  const decorate = JSONSchema({ description });
  return (target: object, property?: string | symbol) => {
    if (property === undefined) docs.set(target, description);
    decorate(target, property as string | undefined);
  };
}

export const docOf = (type: object): string | undefined => docs.get(type);

/** Taken when the member is left out; only for lists, all other defaults are their reader's. */
export const EmptyByDefault = (): PropertyDecorator => JSONSchema({ default: [] }) as PropertyDecorator;

/** A string of `min` to `max` code points. */
export function Text({ min = 0, max = Infinity }: { min?: number; max?: number } = {}): PropertyDecorator {
  const limits = { ...(min > 0 && { minLength: min }), ...(max < Infinity && { maxLength: max }) };
  const accepts = (value: unknown) => typeof value === 'string' && within([...value].length, min, max);
  return constraint('isText', { type: 'string', ...limits }, 'must be a string', accepts);
}

export function TextList(): PropertyDecorator {
  const accepts = (value: unknown) => Array.isArray(value) && value.every((item) => typeof item === 'string');
  const schema = { type: 'array', items: { type: 'string' } };
  return constraint('isTextList', schema, 'must be a list of strings', accepts);
}

/** A string that matches; `what` completes the sentence "must be …". */
export function Matching(pattern: string, what: string): PropertyDecorator {
  const expression = new RegExp(pattern, 'u');
  const accepts = (value: unknown) => typeof value === 'string' && expression.test(value);
  return constraint('isMatching', { type: 'string', pattern, $comment: what }, `must be ${what}`, accepts);
}

export function MatchingList(pattern: string, what: string): PropertyDecorator {
  const expression = new RegExp(pattern, 'u');
  const accepts = (value: unknown) =>
    Array.isArray(value) && value.every((item) => typeof item === 'string' && expression.test(item));
  const schema = { type: 'array', items: { type: 'string', pattern, $comment: what } };
  return constraint('isMatchingList', schema, `must be a list, each item ${what}`, accepts);
}

export function OneOf(allowed: readonly string[]): PropertyDecorator {
  const accepts = (value: unknown) => typeof value === 'string' && allowed.includes(value);
  const schema = { type: 'string', enum: [...allowed] };
  return constraint('isOneOf', schema, `must be one of ${allowed.join(', ')}`, accepts);
}

export function Timestamp(): PropertyDecorator {
  const accepts = (value: unknown) => typeof value === 'string' && isTimestamp(value);
  return constraint('isTimestamp', { type: 'string', format: 'date-time' }, 'must be RFC 3339', accepts);
}

/** An integer; both limits are allowed values. */
export function Whole(min: number, max: number = Number.MAX_SAFE_INTEGER): PropertyDecorator {
  const accepts = (value: unknown) => Number.isInteger(value) && within(value as number, min, max);
  const schema = { type: 'integer', minimum: min, maximum: max };
  return constraint('isWhole', schema, `must be an integer from ${min} to ${max}`, accepts);
}

export function Numeric(min: number, max: number): PropertyDecorator {
  const accepts = (value: unknown) => Number.isFinite(value) && within(value as number, min, max);
  const schema = { type: 'number', minimum: min, maximum: max };
  return constraint('isNumeric', schema, `must be a number from ${min} to ${max}`, accepts);
}

const within = (value: number, min: number, max: number): boolean => value >= min && value <= max;

export const Flag = (): PropertyDecorator =>
  constraint('isFlag', { type: 'boolean' }, 'must be true or false', (value) => typeof value === 'boolean');

/** Any JSON object. */
export const JsonMap = (): PropertyDecorator =>
  constraint('isJsonMap', { type: 'object' }, 'must be an object', isJsonObject);

/** Any JSON value, null too. */
export const AnyJson = (): PropertyDecorator =>
  constraint('isAnyJson', {}, 'must be given', (value) => value !== undefined);

/** An object whose keys match and whose values are all objects. */
export function MapOfObjects(keys: string, what: string): PropertyDecorator {
  const expression = new RegExp(keys, 'u');
  const schema = {
    type: 'object',
    propertyNames: { pattern: keys, $comment: what },
    additionalProperties: { type: 'object' },
  };
  const accepts = (value: unknown) =>
    isJsonObject(value) &&
    Object.entries(value).every(([key, entry]) => expression.test(key) && isJsonObject(entry));
  return constraint('isMapOfObjects', schema, `must map ${what} to an object`, accepts);
}

/** An object whose values are all counts. */
export function MapOfCounts(): PropertyDecorator {
  const schema = { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } };
  const accepts = (value: unknown) =>
    isJsonObject(value) &&
    Object.values(value).every((entry) => Number.isInteger(entry) && (entry as number) >= 0);
  return constraint('isMapOfCounts', schema, 'must be an object of counts', accepts);
}

/** This member excludes another one. Its schema is on the class: `oneOf` of what is required. */
export const Absent = (other: string): PropertyDecorator =>
  ValidateBy({
    name: 'isAlone',
    constraints: [{}],
    validator: {
      validate: (_, context) =>
        (context?.object as Record<string, unknown> | undefined)?.[other] === undefined,
      defaultMessage: () => `$property excludes ${other}`,
    },
  });
names.add('isAlone');

const all =
  (...decorators: PropertyDecorator[]): PropertyDecorator =>
  (target, property) =>
    decorators.forEach((decorate) => decorate(target, property));

/** What stands in a member that is checked by a class of its own. */
const nestedTypes = new WeakMap<object, Map<string, () => DtoClass>>();

/** The class of a member, where `prototype` is that of the class that declares it or of one that extends it. */
export function nestedTypeOf(prototype: object, property: string): DtoClass | undefined {
  for (let at: object | null = prototype; at; at = Object.getPrototypeOf(at) as object | null) {
    const type = nestedTypes.get(at)?.get(property);
    if (type) return type();
  }
  return undefined;
}

const Typed =
  (type: () => DtoClass): PropertyDecorator =>
  (target, property) => {
    const types = nestedTypes.get(target) ?? new Map<string, () => DtoClass>();
    nestedTypes.set(target, types.set(String(property), type));
  };

export const Nested = (type: () => DtoClass): PropertyDecorator =>
  all(constraint('isNested', {}, 'must be an object', isJsonObject), ValidateNested(), Typed(type));

/** Must be there; null is a value of its own. */
export const NestedOrNull = (type: () => DtoClass): PropertyDecorator =>
  all(
    ValidateIf((_, value) => value !== null),
    constraint('isNestedOrNull', { 'x-or-null': true }, 'must be an object or null', isJsonObject),
    ValidateNested(),
    Typed(type),
  );

export function NestedList(type: () => DtoClass): PropertyDecorator {
  const accepts = (value: unknown) => Array.isArray(value) && value.every(isJsonObject);
  return all(
    constraint('isNestedList', { type: 'array' }, 'must be a list of objects', accepts),
    ValidateNested({ each: true }),
    Typed(type),
  );
}
