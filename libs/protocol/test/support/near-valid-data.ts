import fc from 'fast-check';
import type { JsonObject } from '../../src/model/index.js';

/** The part of JSON Schema that the protocol's schemas use. */
interface SchemaNode {
  readonly type?: string;
  readonly pattern?: string;
  readonly format?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly items?: SchemaNode;
  readonly properties?: { readonly [name: string]: SchemaNode };
  readonly required?: readonly string[];
  readonly oneOf?: readonly { readonly required: readonly string[] }[];
  readonly anyOf?: readonly SchemaNode[];
  readonly propertyNames?: { readonly pattern: string };
  readonly additionalProperties?: SchemaNode;
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: SchemaNode };
}

const edges = (min: number, max: number) => [min - 1, min, min + 1, max - 1, max, max + 1];
const times = ['2026-11-21T10:00:00Z', '2024-02-29t23:59:59.123456789+05:30', '0001-01-01T00:00:00Z'];
const noTimes = ['2026-02-29T10:00:00Z', '2026-11-21', '2026-11-21T24:00:00Z', '0000-01-01T00:00:00Z', 'now'];
const names = ['a', 'server-a', 'server-a.extract', 'x'.repeat(64), `${'x'.repeat(64)}.${'y'.repeat(64)}`];
const noNames = ['', '-a', 'a-', 'A', 'a.b.c', '.a', 'a.', 'a b', 'x'.repeat(65), 'a\n', 'ä', '0', '_a'];
const uuids = ['01990000-0000-7000-8000-000000000001', '01990000-0000-7000-8000-00000000000G', '0199'];
const lengths = [0, 1, 31, 32, 33, 63, 64, 65, 255, 256, 257, 511, 512, 513, 1024, 1025];

/** Values that are wrong in most places, and right in some. */
const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    false,
    '',
    [],
    {},
    [[]],
    [{}],
    [null],
    { '': null },
    { 0: 0, length: 1 },
  ),
  fc.constantFrom<unknown>({ constructor: 1 }, { toString: {} }, { then: 'x' }, { hasOwnProperty: [] }),
  fc.constantFrom(
    ...times,
    ...noTimes,
    ...names,
    ...noNames,
    ...uuids,
    'online',
    'task',
    'ERR',
    'not_a_list',
  ),
  fc.constantFrom(...edges(0, 100), ...edges(1, 2_147_483_647), 0.5, -0.5, 1e21, -1e300, 5e-324),
  fc.constantFrom(...edges(0, 3_155_760_000_000), Number.MAX_SAFE_INTEGER),
  fc.constantFrom(...lengths).map((length) => 'x'.repeat(length)),
  fc.constantFrom(...lengths).map((length) => '😀'.repeat(length)),
  fc.constantFrom(...lengths).map((length) => '\ufe0f'.repeat(length)),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.jsonValue({ maxDepth: 2 }),
);

/** Data that is valid, or valid but for one to three places where something odd stands. */
export function nearValid(schema: JsonObject): fc.Arbitrary<unknown> {
  const valid = validFor(schema as SchemaNode, schema as SchemaNode);
  const change = fc.record({
    pick: fc.nat(),
    action: fc.constantFrom('set', 'set', 'drop', 'add'),
    value: odd,
  });
  return fc
    .tuple(valid, fc.array(change, { maxLength: 3 }))
    .map(([data, changes]) =>
      changes.reduce((result, { pick, action, value }) => changed(result, pick, action, value), data),
    )
    .map((data) => JSON.parse(JSON.stringify(data)) as unknown);
}

function validFor(node: SchemaNode, root: SchemaNode): fc.Arbitrary<unknown> {
  if (node.$ref !== undefined) return validFor(root.$defs![node.$ref.slice('#/$defs/'.length)]!, root);
  if (node.anyOf)
    return fc.oneof(
      fc.constant(null),
      ...node.anyOf.filter((one) => one.$ref).map((one) => validFor(one, root)),
    );
  if (node.enum) return fc.constantFrom(...node.enum);
  if (node.pattern !== undefined) return validString(node.pattern);
  if (node.format === 'date-time') return fc.constantFrom(...times);
  switch (node.type) {
    case 'string':
      return fc.string({
        unit: 'grapheme',
        minLength: node.minLength ?? 0,
        maxLength: Math.min(node.maxLength ?? 9, 9),
      });
    case 'integer':
      return fc.constantFrom(node.minimum ?? 0, (node.minimum ?? 0) + 1, node.maximum ?? 7);
    case 'number':
      return fc.constantFrom(node.minimum ?? 0, (node.minimum ?? 0) + 0.5, node.maximum ?? 7);
    case 'boolean':
      return fc.boolean();
    case 'array':
      return fc.array(validFor(node.items ?? {}, root), { maxLength: 3 });
    case 'object':
      return node.properties ? validObject(node, root) : validMap(node, root);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

const validString = (pattern: string) => {
  const expression = new RegExp(pattern, 'u');
  const known = [...names, ...uuids, 'ack_timeout'].filter((text) => expression.test(text));
  return fc.constantFrom(...known);
};

function validObject(node: SchemaNode, root: SchemaNode): fc.Arbitrary<unknown> {
  const members = Object.fromEntries(
    Object.entries(node.properties ?? {}).map(([name, member]) => [name, validFor(member, root)]),
  );
  const alternatives = node.oneOf?.map(({ required }) => required[0]!) ?? [];
  const required = [...(node.required ?? [])];
  if (alternatives.length === 0) return fc.record(members, { requiredKeys: required });
  return fc.constantFrom(...alternatives).chain((chosen) => {
    const kept = Object.entries(members).filter(([name]) => name === chosen || !alternatives.includes(name));
    return fc.record(Object.fromEntries(kept), { requiredKeys: [...required, chosen] });
  });
}

function validMap(node: SchemaNode, root: SchemaNode): fc.Arbitrary<unknown> {
  const keys = node.propertyNames ? validString(node.propertyNames.pattern) : fc.string({ maxLength: 4 });
  const values = node.additionalProperties
    ? validFor(node.additionalProperties, root)
    : fc.jsonValue({ maxDepth: 1 });
  return fc.dictionary(keys as fc.Arbitrary<string>, values, { maxKeys: 3 });
}

type Path = readonly (string | number)[];

function places(node: unknown, path: Path = []): Path[] {
  if (typeof node !== 'object' || node === null) return [path];
  const keys = Array.isArray(node) ? [...node.keys()] : Object.keys(node);
  return [path, ...keys.flatMap((key) => places((node as Record<string, unknown>)[key], [...path, key]))];
}

/** A copy with one place set, dropped, or given a member that nobody knows. */
function changed(data: unknown, pick: number, action: string, value: unknown): unknown {
  const all = places(data);
  const path = all[pick % all.length]!;
  const copy = structuredClone(data);
  if (path.length === 0) return action === 'set' ? value : copy;
  const parent = path
    .slice(0, -1)
    .reduce<unknown>((node, key) => (node as Record<string, unknown>)[key], copy);
  const key = path[path.length - 1]!;
  if (action === 'set') (parent as Record<string | number, unknown>)[key] = value;
  else if (action === 'add') (parent as Record<string, unknown>)['unknownMember'] = value;
  else if (Array.isArray(parent)) parent.splice(Number(key), 1);
  else delete (parent as Record<string | number, unknown>)[key];
  return copy;
}
