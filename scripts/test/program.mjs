// Starts one of the bundled programs: `import { run } from …/program.mjs; run('…/cerebro.cjs')`. What V8 has compiled is
// kept beside the program by the first process that lives for some seconds; the next ones spend a third less on their start.
import { closeSync, existsSync, openSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants, Script } from 'node:vm';

/** By then what a start needs is compiled. */
const KEEP_AFTER_MS = 4_000;

/** Of those that run at the same time only one keeps. */
function isFirst(lock) {
  try {
    closeSync(openSync(lock, 'wx'));
    return true;
  } catch {
    return false;
  }
}

function keep(script, cache) {
  if (!isFirst(`${cache}.lock`)) return;
  writeFileSync(`${cache}.new`, script.createCachedData());
  renameSync(`${cache}.new`, cache);
}

export function run(file) {
  const cache = `${file}.cache`;
  const script = new Script(readFileSync(file, 'latin1'), {
    filename: file,
    cachedData: existsSync(cache) ? readFileSync(cache) : undefined,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  const module = { exports: {} };
  script.runInThisContext()(module.exports, createRequire(file), module);
  if (script.cachedDataRejected !== false) setTimeout(keep, KEEP_AFTER_MS, script, cache).unref();
}
