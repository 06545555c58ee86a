import { readFileSync } from 'node:fs';

export interface Schema {
  readonly [key: string]: unknown;
}

export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly schema?: Schema;
}

/** One call of docs/openapi.json. */
export interface Route {
  readonly method: string;
  /** With its parameters in braces. */
  readonly path: string;
  readonly parameters: readonly Parameter[];
  /** Of the body; null when it takes none. */
  readonly body: Schema | null;
  /** The schema of each answer, by status; null when it is not JSON. */
  readonly answers: ReadonlyMap<number, Schema | null>;
}

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
}
interface Operation {
  readonly parameters?: readonly Parameter[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}
interface Document {
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const file = new URL('../../../docs/openapi.json', import.meta.url);
const document = JSON.parse(readFileSync(file, 'utf8')) as Document;
const jsonOf = ({ content = {} }: Content): Schema | null => {
  const [found] = Object.entries(content).filter(([type]) => /[/+]json$/.test(type));
  return found?.[1].schema ?? null;
};

/** Every call that the document describes: what is added to it is fuzzed from then on. */
export const ROUTES: readonly Route[] = Object.entries(document.paths).flatMap(([path, operations]) =>
  Object.entries(operations).map(([method, operation]) => ({
    method: method.toUpperCase(),
    path,
    parameters: operation.parameters ?? [],
    body: operation.requestBody ? (jsonOf(operation.requestBody) ?? {}) : null,
    answers: new Map(
      Object.entries(operation.responses).map(([status, answer]) => [Number(status), jsonOf(answer)]),
    ),
  })),
);

export const COMPONENTS = document.components;

/** The schema that a `$ref` within the document leads to. */
export function resolved(schema: Schema): Schema {
  const reference = schema['$ref'];
  if (typeof reference !== 'string') return schema;
  const name = reference.replace('#/components/schemas/', '');
  const found = COMPONENTS.schemas[name];
  if (!found) throw new Error(`openapi.json has no ${reference}`);
  return found;
}
