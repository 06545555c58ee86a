// The programs that the tests start again and again, each put into one file. What runs is the same compiled code as
// `dist/`; a start just does not look up and read 3,000 files first, which is four fifths of its processor time.
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** Those that are started most often; program.mjs starts them. */
const KEPT_COMPILED = {
  cerebro: 'apps/cerebro/dist/main.js',
  'generic-server': 'libs/task-server/dist/harness/generic/main.js',
};
/** Entries from the root. What is started once or twice is started from `dist/` itself: dyna is here for what it starts. */
const MODULES = { dyna: 'apps/dyna/dist/main.js' };

const REQUIRE = `import { createRequire as requireOf } from 'node:module'; const require = requireOf(import.meta.url);`;
const STARTER = new URL('program.mjs', import.meta.url).href;
const ASKED = Symbol('asked');

/** From here dyna finds the apps that it starts, so that these are the bundled ones, too. */
const STARTS_APPS = 'apps/dyna/dist/up/apps.js';

/** Files beside a module are found from where it was compiled to. */
const placesKept = (root, outDir) => ({
  name: 'places-kept',
  setup(builder) {
    builder.onLoad({ filter: /\.m?js$/ }, ({ path }) => {
      const text = readFileSync(path, 'utf8');
      if (!text.includes('import.meta.url')) return undefined;
      const place = path === join(root, STARTS_APPS) ? join(outDir, STARTS_APPS) : path;
      const contents = text.replaceAll('import.meta.url', JSON.stringify(pathToFileURL(place).href));
      return { contents, loader: 'js' };
    });
  },
});

const KAFKAJS = 'libs/bus/dist/kafkajs';
/** What libs/bus puts in the place of modules of kafkajs: who asks for them, and the text of the module. */
const PUT_INSIDE = [
  {
    filter: /\/record\/v0\/decoder$/,
    importer: '/protocol/recordBatch/v0/decoder.js',
    module: 'decode-record.js',
    contents: (path) => `module.exports = require(${path}).decodeRecord;`,
  },
  {
    filter: /\/protocol\/request$/,
    importer: '/network/connection.js',
    module: 'create-request.js',
    contents: (path) =>
      `module.exports = require(${path}).createRequestBy(require('kafkajs/src/protocol/request.js'));`,
  },
];

/** Throws when there is nothing to replace: what is bundled would not be what it is taken for. */
function replaced(text, pattern, by) {
  if (!text.match(pattern)) throw new Error(`${KAFKAJS} has no ${pattern}: bundle-apps.mjs is behind it`);
  return text.replace(pattern, by);
}

/**
 * libs/bus takes kafkajs from Node's own loader, to put parts of its own into it. Here the modules become part of the one
 * file, as all others, and those parts are put there instead.
 */
const kafkajsInside = (root) => ({
  name: 'kafkajs-inside',
  setup(builder) {
    builder.onLoad({ filter: /\/bus\/dist\/kafkajs\/internals\.js$/ }, ({ path }) => {
      let text = readFileSync(path, 'utf8');
      text = replaced(text, /const require = createRequire\(import\.meta\.url\);/, '');
      text = replaced(text, /function replace\(path, by\) \{[\s\S]*?\n\}\n/, '');
      text = replaced(text, /= replace\(('[^']+'), [^;]*;/g, '= require($1);');
      text = replaced(text, /\bload\('/g, `require('`);
      const url = JSON.stringify(pathToFileURL(path).href);
      const contents = replaced(text, /const load = [^;]*;/, `const load = createRequire(${url});`);
      return { contents, loader: 'js' };
    });
    for (const { filter, importer: asking, module, contents } of PUT_INSIDE) {
      builder.onResolve({ filter }, ({ importer }) =>
        importer.endsWith(asking) ? { path: join(root, KAFKAJS, module), namespace: module } : undefined,
      );
      builder.onLoad({ filter: /./, namespace: module }, ({ path }) => ({
        contents: contents(JSON.stringify(path)),
        loader: 'js',
        resolveDir: root,
      }));
    }
  },
});

/** What a start loads and nobody here uses is loaded when somebody does. */
const seldomUsed = {
  name: 'seldom-used',
  setup(builder) {
    builder.onResolve({ filter: /^multer$/ }, ({ path, importer }) => ({
      ...{ path, namespace: 'seldom-used', pluginData: importer },
    }));
    builder.onLoad({ filter: /./, namespace: 'seldom-used' }, ({ path, pluginData: importer }) => {
      const load = `require('node:module').createRequire(${JSON.stringify(importer)})(${JSON.stringify(path)})`;
      return { contents: `module.exports = (...options) => ${load}(...options);`, loader: 'js' };
    });
    // It asks for fetch's classes, which Node then loads, to know whether this is Cloudflare.
    builder.onLoad({ filter: /pg\/lib\/stream\.js$/ }, ({ path }) => ({
      contents: readFileSync(path, 'utf8').replaceAll('typeof Response', 'typeof undefined'),
      loader: 'js',
    }));
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

const bundle = (root, outdir, entries, options) =>
  build({
    absWorkingDir: root,
    entryPoints: Object.fromEntries(Object.entries(entries).map(([name, path]) => [name, join(root, path)])),
    outdir,
    bundle: true,
    // Beneath dockerode are compiled modules.
    external: ['dockerode'],
    platform: 'node',
    target: 'node20',
    keepNames: true,
    plugins: [kafkajsInside(root), placesKept(root, outdir), seldomUsed, absentLeftOut],
    logLevel: 'error',
    ...options,
  });

/** Writes `<name>.mjs` of each and gives their folder, from where the packages that stay outside are found. */
export async function bundleApps(root) {
  const outDir = join(root, 'node_modules', '.cache', 'cordyna', 'programs');
  rmSync(outDir, { recursive: true, force: true });
  await Promise.all([
    bundle(root, outDir, MODULES, {
      format: 'esm',
      outExtension: { '.js': '.mjs' },
      banner: { js: REQUIRE },
    }),
    bundle(root, outDir, KEPT_COMPILED, {
      format: 'cjs',
      outExtension: { '.js': '.cjs' },
      minifyWhitespace: true,
      // As program.mjs calls it. Nothing but ASCII comes out, and is read as such.
      banner: { js: '(function (exports, require, module) {' },
      footer: { js: '\n})' },
      charset: 'ascii',
    }),
  ]);
  for (const name of Object.keys(KEPT_COMPILED)) {
    const program = JSON.stringify(join(outDir, `${name}.cjs`));
    const start = `import { run } from ${JSON.stringify(STARTER)};\nrun(${program});\n`;
    writeFileSync(join(outDir, `${name}.mjs`), start);
  }
  const started = join(outDir, KEPT_COMPILED.cerebro);
  mkdirSync(dirname(started), { recursive: true });
  writeFileSync(started, `import '../../../cerebro.mjs';\n`);
  writeFileSync(join(outDir, 'package.json'), '{ "type": "module" }\n');
  return outDir;
}
