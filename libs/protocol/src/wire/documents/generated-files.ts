import { format } from 'prettier';
import { stringify } from 'yaml';
import { asyncApiDocument } from './asyncapi.js';
import { generateSchemas } from './json-schemas.js';
import { fileNameOf, schemaModules } from './schema-modules.js';

const STYLE = { singleQuote: true, printWidth: 110, trailingComma: 'all' } as const;

/** Every file that is made of the message classes, by its path in the repository. */
export async function generatedFiles(): Promise<Map<string, string>> {
  const files = new Map<string, string>();
  for (const [name, source] of schemaModules()) {
    const text = await format(source, { parser: 'typescript', ...STYLE });
    files.set(`libs/protocol/src/wire/schemas/${name}`, text);
  }
  for (const [type, schema] of generateSchemas()) {
    const text = await format(JSON.stringify(schema), { parser: 'json', ...STYLE });
    files.set(`docs/schemas/${fileNameOf(type)}.schema.json`, text);
  }
  const document = stringify(asyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 0 });
  files.set('docs/asyncapi.yaml', await format(document, { parser: 'yaml', ...STYLE }));
  return files;
}
