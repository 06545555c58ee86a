/**
 * Builds what the published package holds: dist/ with this library and the internal ones inlined, and their types.
 * Runs before `npm pack` and `npm publish`. What stands in dist/ afterwards serves the workspace too.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, relative, resolve } from 'node:path';
import { spawnSync } from 'node:child_process';
import { transformFile } from '@swc/core';
import { build } from 'esbuild';

const here = resolve(import.meta.dirname, '..');
const repository = resolve(here, '../..');
const manifest = JSON.parse(readFileSync(join(here, 'package.json'), 'utf8'));
const sources = Object.values(manifest.exports).map((target) => target['cordyna-source']);
mkdirSync(join(here, 'node_modules'), { recursive: true });
const staging = mkdtempSync(join(here, 'node_modules', '.dist-'));

// Run by tests of the whole; package.json keeps it out of the package.
const WORKSPACE_ENTRY = './src/harness/generic/main.ts';

/** SWC, as everywhere else in the repository: esbuild knows no decorator metadata. */
const swc = {
  name: 'swc',
  setup: ({ onLoad }) =>
    onLoad({ filter: /\.ts$/ }, async ({ path }) => {
      const options = { configFile: join(repository, '.swcrc'), sourceMaps: 'inline' };
      return { contents: (await transformFile(path, options)).code, loader: 'js' };
    }),
};

/** Packages stay outside; one that no line uses leaves no import behind. */
const externals = {
  name: 'externals',
  setup: ({ onResolve }) =>
    onResolve({ filter: /^[^.]/ }, ({ path, kind }) =>
      kind === 'entry-point' || path.startsWith('@cordyna/')
        ? undefined
        : { path, external: true, sideEffects: false },
    ),
};

async function bundle() {
  await build({
    absWorkingDir: here,
    entryPoints: [...sources, WORKSPACE_ENTRY],
    outbase: 'src',
    outdir: staging,
    bundle: true,
    splitting: true,
    chunkNames: 'chunks/[hash]',
    format: 'esm',
    platform: 'node',
    target: 'node20',
    conditions: ['cordyna-source'],
    sourcemap: true,
    sourcesContent: false,
    legalComments: 'none',
    logLevel: 'warning',
    plugins: [swc, externals],
  });
}

function emitTypes(out) {
  const config = join(staging, 'tsconfig.json');
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(repository, 'tsconfig.json'),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        rootDir: join(repository, 'libs'),
        outDir: out,
      },
      include: [],
      // The internal ones too: a file that is found through node_modules only has no types emitted.
      files: [...sources.map((source) => join(here, source)), ...internalSources()],
    }),
  );
  const tsc = join(dirname(createRequire(import.meta.url).resolve('typescript/package.json')), 'bin', 'tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', config], { stdio: 'inherit' });
  rmSync(config);
  if (status !== 0) throw new Error('the types could not be built');
}

const internalManifest = (name) =>
  JSON.parse(readFileSync(join(repository, 'libs', name, 'package.json'), 'utf8'));
const internalSources = () =>
  ['protocol', 'bus'].flatMap((name) =>
    Object.values(internalManifest(name).exports).map((target) =>
      join(repository, 'libs', name, target['cordyna-source']),
    ),
  );

/** The file of the types that a workspace's export has, e.g. of `@cordyna/protocol/model`. */
function typesOf(specifier, out) {
  const [, name, ...subpath] = specifier.split('/');
  const { exports } = internalManifest(name);
  const source = exports[subpath.length > 0 ? `./${subpath.join('/')}` : '.']['cordyna-source'];
  return join(out, name, source.replace(/\.ts$/, '.js'));
}

/** Internal libraries by relative path, and only the files that the entries lead to. */
function linkTypes(out) {
  const reached = new Set();
  const open = sources.map((source) => join(out, 'task-server', source.replace(/\.ts$/, '.d.ts')));
  for (let file = open.pop(); file; file = open.pop()) {
    if (reached.has(file)) continue;
    reached.add(file);
    const text = readFileSync(file, 'utf8').replace(
      /(from |import\()(['"])([^'"]+)\2/g,
      (_all, before, quote, specifier) => {
        const internal = specifier.startsWith('@cordyna/');
        if (!internal && !specifier.startsWith('.')) return `${before}${quote}${specifier}${quote}`;
        const target = internal ? typesOf(specifier, out) : resolve(dirname(file), specifier);
        open.push(target.replace(/\.js$/, '.d.ts'));
        const path = relative(dirname(file), target);
        return `${before}${quote}${path.startsWith('.') ? path : `./${path}`}${quote}`;
      },
    );
    writeFileSync(file, text);
  }
  for (const entry of readdirSync(out, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (entry.isFile() && !reached.has(path)) rmSync(path);
  }
}

try {
  await bundle();
  const types = join(staging, 'types');
  emitTypes(types);
  linkTypes(types);
  // Processes that run on the old one have read it; a moment without dist/ is as short as a file system allows.
  const dist = join(here, 'dist');
  const old = `${staging}-old`;
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(staging, dist);
  rmSync(old, { recursive: true, force: true });
} finally {
  rmSync(staging, { recursive: true, force: true });
}
