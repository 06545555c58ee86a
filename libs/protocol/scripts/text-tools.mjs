// How generated files are written: in the style of the repository.
import { fileURLToPath } from 'node:url';
import { format, resolveConfig } from 'prettier';
import { stringify } from 'yaml';

const style = await resolveConfig(fileURLToPath(import.meta.url));

/** @type {import('../src/wire/documents/generated-files.js').TextTools} */
export const textTools = {
  format: (source, parser) => format(source, { ...style, parser }),
  toYaml: (document) => stringify(document, { aliasDuplicateObjects: false, lineWidth: 0 }),
};
