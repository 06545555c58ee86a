import { isJsonObject, type JsonObject } from '../../model/index.js';

interface SchemaNode {
  readonly properties?: { readonly [name: string]: SchemaNode };
  readonly required?: readonly string[];
  readonly items?: SchemaNode;
  readonly default?: unknown;
  readonly $ref?: string;
  readonly $defs?: { readonly [name: string]: SchemaNode };
}
type Fill = (value: unknown) => unknown;
const same: Fill = (value) => value;

/**
 * Makes the function that prepares data for its schema: a null in an optional member is taken out (many languages
 * write what is absent as null), and a member with a `default` is filled in. Only members that the schema names are
 * touched, never what is inside free objects such as `args`. The argument is not changed: what differs is copied.
 */
export function makeFill(schema: JsonObject): Fill {
  const root = schema as SchemaNode;
  const known = new Map<string, Fill>();
  const fillOf = (node: SchemaNode): Fill => {
    if (node.$ref !== undefined) return byReference(node.$ref);
    if (node.properties) return fillObject(node);
    return node.items ? fillList(fillOf(node.items)) : same;
  };
  const byReference = (reference: string): Fill => {
    let fill = known.get(reference);
    if (!fill) {
      fill = fillOf(root.$defs?.[reference.slice('#/$defs/'.length)] ?? {});
      known.set(reference, fill);
    }
    return fill;
  };
  const fillObject = (node: SchemaNode): Fill => {
    const members = Object.entries(node.properties ?? {});
    const optional = members.filter(([name]) => !node.required?.includes(name)).map(([name]) => name);
    const defaults = members.filter(([, member]) => member.default !== undefined);
    const nested = members
      .map(([name, member]) => [name, fillOf(member)] as const)
      .filter(([, fill]) => fill !== same);
    return (value) => (isJsonObject(value) ? filled(value, optional, nested, defaults) : value);
  };
  return fillOf(root);
}

function filled(
  value: Record<string, unknown>,
  optional: readonly string[],
  nested: readonly (readonly [string, Fill])[],
  defaults: readonly (readonly [string, SchemaNode])[],
): unknown {
  let result = value;
  const changed = (): Record<string, unknown> => (result === value ? (result = { ...value }) : result);
  for (const name of optional) if (result[name] === null) delete changed()[name];
  for (const [name, fill] of nested) {
    const member = fill(result[name]);
    if (member !== result[name]) changed()[name] = member;
  }
  for (const [name, member] of defaults) {
    if (result[name] === undefined) changed()[name] = structuredClone(member.default);
  }
  return result;
}

function fillList(fill: Fill): Fill {
  if (fill === same) return same;
  return (value) => {
    if (!Array.isArray(value)) return value;
    const result = value.map(fill);
    return result.some((item, index) => item !== value[index]) ? result : value;
  };
}
