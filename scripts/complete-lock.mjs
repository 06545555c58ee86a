// Adds to package-lock.json the optional packages for other platforms that a registry did not offer when it was written:
// `npm ci` refuses a lock file that lacks them, on every platform. Run it after `npm install`; it changes nothing twice.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'package-lock.json';
const SYSTEMS = [
  'aix',
  'android',
  'darwin',
  'freebsd',
  'linux',
  'netbsd',
  'openbsd',
  'openharmony',
  'sunos',
  'win32',
];
const PROCESSORS = [
  'arm64',
  'arm',
  'ia32',
  'loong64',
  'mips64el',
  'ppc64',
  'riscv64',
  's390x',
  'x64',
  'wasm32',
];

const lock = JSON.parse(readFileSync(FILE, 'utf8'));
const { packages } = lock;

/** Where Node would find `name` from the package at `path`. */
function locate(path, name) {
  for (let at = path; ; at = at.slice(0, Math.max(at.lastIndexOf('/node_modules/'), 0))) {
    const place = at === '' ? `node_modules/${name}` : `${at}/node_modules/${name}`;
    if (packages[place]) return place;
    if (at === '') return undefined;
  }
}

/** The platform is in such a package's name, as in `@swc/core-linux-arm64-musl`. */
function platformOf(name) {
  const words = name.split(/[-/]/);
  const os = SYSTEMS.filter((system) => words.includes(system));
  const cpu = PROCESSORS.filter((processor) => words.includes(processor) || words.includes(`${processor}le`));
  if (words.includes('ppc64le')) cpu[0] = 'ppc64';
  const libc = words.includes('musl')
    ? ['musl']
    : words.includes('gnu') && os[0] === 'linux'
      ? ['glibc']
      : [];
  const known = (list) => (list.length > 0 ? list : undefined);
  return { cpu: known(cpu), os: known(os), libc: known(libc) };
}

let added = 0;
for (const [path, entry] of Object.entries(packages))
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (locate(path, name) || !/^\d+\.\d+\.\d+[\w.-]*$/.test(version)) continue;
    const platform = platformOf(name);
    if (!platform.os && !platform.cpu) continue;
    const { cpu, os, libc } = platform;
    const { license, dev } = entry;
    // In npm's own order, so that its next run leaves them as they are.
    packages[`node_modules/${name}`] = { version, cpu, dev, libc, license, optional: true, os };
    added += 1;
  }

const { '': root, ...rest } = packages;
lock.packages = {
  '': root,
  ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => a.localeCompare(b, 'en'))),
};
if (added > 0) writeFileSync(FILE, `${JSON.stringify(lock, undefined, 2)}\n`);
console.log(`${added} packages for other platforms added to ${FILE}`);
