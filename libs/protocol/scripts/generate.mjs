// Writes everything that is made of the message classes: src/wire/schemas, docs/schemas, docs/asyncapi.yaml.
// Run after `node scripts/build.mjs libs/protocol`, from anywhere.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { generatedFiles } from '../dist/wire/documents/generated-files.js';
import { textTools } from './text-tools.mjs';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const files = await generatedFiles(textTools);
for (const [path, content] of files) {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), content);
}
for (const folder of ['libs/protocol/src/wire/schemas', 'docs/schemas']) {
  for (const name of readdirSync(join(root, folder))) {
    if (!files.has(`${folder}/${name}`)) rmSync(join(root, folder, name));
  }
}
console.log(`${files.size} files written`);
