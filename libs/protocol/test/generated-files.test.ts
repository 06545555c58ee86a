import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { beforeAll, describe, expect, test } from '@jest/globals';
import '../src/wire/dto/index.js';
// @ts-expect-error a script without types of its own; its JSDoc names them
import { textTools } from '../scripts/text-tools.mjs';
import { generatedFiles } from '../src/wire/documents/generated-files.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDERS = ['libs/protocol/src/wire/schemas', 'docs/schemas'];

describe('what is made of the message classes', () => {
  let generated: Map<string, string>;
  beforeAll(async () => {
    generated = await generatedFiles(textTools);
  });

  test('is checked in as it would be made now', () => {
    for (const [path, content] of generated)
      expect({ path, text: readFileSync(join(root, path), 'utf8') }).toEqual({ path, text: content });
  });

  test('leaves no file behind of a message that is no more', () => {
    const found = FOLDERS.flatMap((folder) =>
      readdirSync(join(root, folder)).map((name) => `${folder}/${name}`),
    );
    expect(found.filter((path) => !generated.has(path))).toEqual([]);
    expect(found.length).toBeGreaterThan(30);
  });

  test('are schemas that a strict reader of the dialect takes', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, validateFormats: false });
    const schemas = [...generated].filter(([path]) => path.startsWith('docs/schemas/'));
    expect(schemas).toHaveLength(20);
    for (const [, text] of schemas) expect(ajv.compile(JSON.parse(text) as object)).toBeInstanceOf(Function);
  });
});

test('reading messages needs neither the classes nor their libraries', () => {
  const wire = join(root, 'libs/protocol/src/wire');
  const sources = readdirSync(wire, { recursive: true, encoding: 'utf8' }).filter(
    (path) => path.endsWith('.ts') && !/^(dto|documents)[\\/]/.test(path),
  );
  expect(sources.length).toBeGreaterThan(20);
  const heavy = sources.filter((path) =>
    /from '(class-|reflect-metadata|[^']*\/(dto|documents)\/)/.test(readFileSync(join(wire, path), 'utf8')),
  );
  expect(heavy).toEqual([]);
});
