import { cordynaFileSchema } from '../definitions/file.js';
import { asyncApiDocument } from './asyncapi.js';
import { generateSchemas } from './json-schemas.js';
import { fileNameOf, schemaModules } from './schema-modules.js';

/** Tools of development only: whoever generates brings them. */
export interface TextTools {
  readonly format: (source: string, parser: 'typescript' | 'json' | 'yaml') => Promise<string>;
  readonly toYaml: (document: unknown) => string;
}

/** Every file that is made of the message classes, by its path in the repository. */
export async function generatedFiles({ format, toYaml }: TextTools): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, source] of schemaModules()) {
    files.set(`libs/protocol/src/wire/schemas/${name}`, await format(source, 'typescript'));
  }
  for (const [type, schema] of generateSchemas()) {
    files.set(`docs/schemas/${fileNameOf(type)}.schema.json`, await format(JSON.stringify(schema), 'json'));
  }
  files.set(
    'docs/schemas/cordyna-yaml.schema.json',
    await format(JSON.stringify(cordynaFileSchema()), 'json'),
  );
  files.set('docs/asyncapi.yaml', await format(toYaml(asyncApiDocument()), 'yaml'));
  return files;
}
