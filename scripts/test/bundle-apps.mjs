// The programs that the tests start again and again, each put into one file. What runs is the same compiled code as
// `dist/`; a start just does not look up and read 3,000 files first, which is four fifths of its processor time.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Entries from the root. `npm start` and the published package are tested as they are, from `dist/` itself. */
const ENTRIES = {
  cerebro: 'apps/cerebro/dist/main.js',
  'task-server-a': 'apps/task-server-a/dist/main.js',
  'task-server-b': 'apps/task-server-b/dist/main.js',
  'task-server-c': 'apps/task-server-c/dist/main.js',
  runner: 'apps/runner/dist/main.js',
  'generic-server': 'libs/task-server/dist/harness/generic/main.js',
};

const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`;
const ASKED = Symbol('asked');

/** Files beside a module are found from where it was compiled to. */
const placesKept = {
  name: 'places-kept',
  setup(builder) {
    builder.onLoad({ filter: /\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const contents = text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(path).href));
      return { contents, loader: 'js' };
    });
  },
};

/** Nest and TypeORM name packages that are needed for brokers and databases that nobody here uses. */
const absentLeftOut = {
  name: 'absent-left-out',
  setup(builder) {
    builder.onResolve({ filter: /^[^./]/ }, async ({ path, pluginData, ...from }) => {
      if (pluginData === ASKED) return undefined;
      const found = await builder.resolve(path, { ...from, pluginData: ASKED });
      return found.errors.length > 0 ? { path, external: true } : found;
    });
  },
};

/** Writes `<name>.mjs` of each and gives their folder, from where the packages that stay outside are found. */
export async function bundleApps(root) {
  const outDir = join(root, 'node_modules', '.cache', 'cordyna', 'programs');
  await build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(ENTRIES).map(([name, path]) => [name, join(root, path)])),
    outdir: outDir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // TypeORM asks for pg by name at run time; so there is one copy of it. Beneath dockerode are compiled modules.
    external: ['pg', 'dockerode'],
    platform: 'node',
    format: 'esm',
    target: 'node20',
    keepNames: true,
    banner: { js: REQUIRE },
    plugins: [placesKept, absentLeftOut],
    logLevel: 'error',
  });
  return outDir;
}
