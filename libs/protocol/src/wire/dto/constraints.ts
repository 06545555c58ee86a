import type { ValidationOptions } from 'class-validator';
import { ValidateBy, ValidateIf, ValidateNested } from 'class-validator';
import { Type } from 'class-transformer';
import { JSONSchema } from 'class-validator-jsonschema';
import { isTimestamp } from '../cloudevents/timestamps.js';

/** The schema fragment that says the same as a decorator's check, kept where the schema generator finds it. */
export type SchemaFragment = Readonly<Record<string, unknown>>;
type Class = new () => object;

const names = new Set<string>();
/** Names of all constraints below; each has its schema fragment as its first constraint. */
export const constraintNames: ReadonlySet<string> = names;

function constraint(
  name: string,
  schema: SchemaFragment,
  message: string,
  accepts: (value: unknown) => boolean,
  options?: ValidationOptions,
): PropertyDecorator {
  names.add(name);
  const validator = { validate: accepts, defaultMessage: () => `$property ${message}` };
  return ValidateBy({ name, constraints: [schema], validator }, options);
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
export function Text({ min = 0, max }: { min?: number; max?: number } = {}, options?: ValidationOptions) {
  const limits = { ...(min > 0 && { minLength: min }), ...(max !== undefined && { maxLength: max }) };
  const accepts = (value: unknown) => {
    if (typeof value !== 'string') return false;
    const length = value.length > min && max === undefined ? value.length : [...value].length;
    return length >= min && length <= (max ?? Infinity);
  };
  return constraint('isText', { type: 'string', ...limits }, 'must be a string', accepts, options);
}

/** A string that matches; `what` completes the sentence "must be …". */
export function Matching(pattern: string, what: string, options?: ValidationOptions): PropertyDecorator {
  const expression = new RegExp(pattern, 'u');
  const schema = { type: 'string', pattern, $comment: what };
  const accepts = (value: unknown) => typeof value === 'string' && expression.test(value);
  return constraint('isMatching', schema, `must be ${what}`, accepts, options);
}

export function OneOf(allowed: readonly string[], options?: ValidationOptions): PropertyDecorator {
  const accepts = (value: unknown) => typeof value === 'string' && allowed.includes(value);
  const message = `must be one of ${allowed.join(', ')}`;
  return constraint('isOneOf', { type: 'string', enum: [...allowed] }, message, accepts, options);
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

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Any JSON object. */
export const JsonMap = (): PropertyDecorator =>
  constraint('isJsonMap', { type: 'object' }, 'must be an object', isObject);

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
    isObject(value) && Object.entries(value).every(([key, entry]) => expression.test(key) && isObject(entry));
  return constraint('isMapOfObjects', schema, `must map ${what} to an object`, accepts);
}

/** An object whose values are all counts. */
export function MapOfCounts(): PropertyDecorator {
  const schema = { type: 'object', additionalProperties: { type: 'integer', minimum: 0 } };
  const accepts = (value: unknown) =>
    isObject(value) &&
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

export const Nested = (type: () => Class): PropertyDecorator =>
  all(constraint('isNested', {}, 'must be an object', isObject), ValidateNested(), Type(type));

/** Must be there; null is a value of its own. */
export const NestedOrNull = (type: () => Class): PropertyDecorator =>
  all(
    constraint(
      'isNestedOrNull',
      { 'x-or-null': true },
      'must be an object or null',
      (value) => value === null || isObject(value),
    ),
    ValidateNested(),
    Type(type),
  );

export function NestedList(type: () => Class, { min = 0 }: { min?: number } = {}): PropertyDecorator {
  const accepts = (value: unknown) => Array.isArray(value) && value.length >= min && value.every(isObject);
  const schema = { type: 'array', ...(min > 0 && { minItems: min }) };
  const message = min > 0 ? `must be a list of at least ${min}` : 'must be a list of objects';
  return all(
    constraint('isNestedList', schema, message, accepts),
    ValidateNested({ each: true }),
    Type(type),
  );
}
