// `npm run fuzz -- --inputs N [--seed S]`: that many records for the decoder and requests for the HTTP API, which must be
// read or refused as documented. What is wrong is printed with the command that makes the same input again.
import { spawnSync } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const FILES = ['apps/cerebro/test/messaging/any-bytes.test.ts', 'test/integration/http-fuzz.test.ts'];

const { values } = parseArgs({
  options: { inputs: { type: 'string', default: '100000' }, seed: { type: 'string' } },
});
const inputs = Number(values.inputs);
const seed = Number(values.seed ?? randomInt(1, 2 ** 30));
if (!Number.isSafeInteger(inputs) || inputs < 1 || !Number.isSafeInteger(seed)) {
  console.error('--inputs takes a number from 1 on, --seed the one of the first input');
  process.exit(2);
}
console.log(`${inputs} inputs for each, from seed ${seed}`);

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const run = (script, args, env = {}) => {
  const options = { cwd: root, stdio: 'inherit', env: { ...process.env, ...env } };
  const { status } = spawnSync(process.execPath, [...script, ...args], options);
  if (status !== 0) process.exit(status ?? 1);
};
run(['scripts/build.mjs'], []);
run(['--experimental-vm-modules', 'node_modules/jest/bin/jest.js'], ['--runInBand', ...FILES], {
  CORDYNA_FUZZ_INPUTS: String(inputs),
  CORDYNA_FUZZ_SEED: String(seed),
});
