// What @swc/jest makes of a file, with the language's own globals taken once per module: in a context of Node's vm each
// look at a global asks an interceptor, which makes code that does little else twice as slow.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import swc from '@swc/jest';

/** None that tests replace: timers, Date, performance, process, console, fetch. */
const GLOBALS = (
  'Array BigInt Boolean Buffer Error JSON Map Math Number Object Promise ' +
  'Reflect RegExp Set String Symbol TypeError Uint8Array WeakMap structuredClone'
).split(' ');
const inner = swc.createTransformer();
const own = createHash('sha256')
  .update(readFileSync(new URL(import.meta.url)))
  .digest('hex');

const isUsed = (name, code) => new RegExp(`(?<![.\\w$])${name}\\b(?!\\s*:)`).test(code);
const isDeclared = (name, code) =>
  new RegExp(
    `\\b(?:const|let|var|class|function)\\s+${name}\\b|\\bimport\\b[^;]*\\b${name}\\b[^;]*\\bfrom\\b`,
  ).test(code);

export default {
  process(source, path, options) {
    const made = inner.process(source, path, options);
    const names = GLOBALS.filter((name) => isUsed(name, made.code) && !isDeclared(name, made.code));
    return names.length === 0
      ? made
      : { ...made, code: `const { ${names.join(', ')} } = globalThis; ${made.code}` };
  },
  getCacheKey: (source, path, options) =>
    createHash('sha256')
      .update(own)
      .update(inner.getCacheKey(source, path, options))
      .digest('hex'),
};
