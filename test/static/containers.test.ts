import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { CEREBRO_NODE, TASK_SERVER_NODE } from '@cordyna/local-stack';
import { parse } from 'yaml';
import { composeErrors } from './compose-schema.js';
import { read, repository, trackedFiles } from './tracked-files.js';

interface Service {
  readonly image?: string;
  readonly build?: {
    readonly context: string;
    readonly target: string;
    readonly args: { readonly APP: string };
  };
  readonly extends?: { readonly file: string; readonly service: string };
  readonly environment?: Readonly<Record<string, string | number | null>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly depends_on?: Readonly<Record<string, unknown>>;
  readonly healthcheck?: { readonly test: readonly string[] };
}
interface Compose {
  readonly name: string;
  readonly services: Readonly<Record<string, Service>>;
  readonly volumes?: Readonly<Record<string, unknown>>;
}

const FILES = ['docker-compose.yml', 'docker-compose.local.yml'];
const compose = (file: string): Compose => parse(read(file), { merge: true }) as Compose;
const services = (file: string): [string, Service][] => Object.entries(compose(file).services);
const ours = FILES.flatMap((file) =>
  services(file)
    .filter(([, service]) => service.build ?? service.extends)
    .map(([name, service]) => [file, name, service] as const),
);
const foreign = services('docker-compose.local.yml').filter(([, service]) => service.image);

/** Names of variables that the config files of an app and of the libraries that it is made of declare. */
function variablesReadBy(app: string): Set<string> {
  const roots = [`apps/${app}/`, 'libs/bus/', ...(app !== 'cerebro' ? ['libs/task-server/'] : [])];
  const config = /\/src\/(.+\/)?config(\.ts$|\/)|\.config\.ts$/;
  const files = trackedFiles().filter(
    (path) => roots.some((root) => path.startsWith(root)) && config.test(path),
  );
  const names = files.flatMap((path) => [...read(path).matchAll(/\b[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+\b/g)]);
  return new Set(names.map(([name]) => name));
}

describe.each(FILES)('%s', (file) => {
  test('keeps the Compose specification', () => {
    expect(composeErrors(parse(read(file), { merge: true }))).toEqual([]);
  });

  test('publishes ports on this machine only', () => {
    const ports = services(file).flatMap(([, service]) => service.ports ?? []);
    expect(ports.length).toBeGreaterThan(0);
    expect(ports.filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('keeps data in volumes that it names', () => {
    const named = Object.keys(compose(file).volumes ?? {});
    const mounted = services(file).flatMap(([, { volumes = [] }]) =>
      volumes.map((volume) => volume.split(':')[0]),
    );
    expect(mounted.sort()).toEqual(named.sort());
  });

  test('waits only for services that it has', () => {
    const names = services(file).map(([name]) => name);
    const awaited = services(file).flatMap(([, service]) => Object.keys(service.depends_on ?? {}));
    expect(awaited.filter((name) => !names.includes(name))).toEqual([]);
  });
});

describe('the schema', () => {
  test.each([
    ['an unknown key', { services: { a: { image: 'x', imagge: 'y' } } }],
    ['a list where a map belongs', { services: [{ image: 'x' }] }],
    ['a wrong condition', { services: { a: { image: 'x', depends_on: { b: { condition: 'soon' } } } } }],
    ['a nested environment', { services: { a: { image: 'x', environment: { A: { b: 1 } } } } }],
  ])('refuses %s', (_, wrong) => {
    expect(composeErrors(wrong)).not.toEqual([]);
  });
});

describe('our services', () => {
  test.each(ours)('%s: %s sets only variables that its code reads', (_file, name, { environment = {} }) => {
    const known = variablesReadBy(name);
    expect(Object.keys(environment)).not.toEqual([]);
    expect(Object.keys(environment).filter((variable) => !known.has(variable))).toEqual([]);
  });

  test('are the same in both files, and built from apps and stages that exist', () => {
    const base = compose('docker-compose.yml').services;
    for (const [name, service] of services('docker-compose.local.yml'))
      if (!service.image)
        expect([name, service.extends]).toEqual([name, { file: 'docker-compose.yml', service: name }]);
    const stages = [...read('Dockerfile').matchAll(/^FROM \S+ AS (\S+)$/gm)].map(([, stage]) => stage);
    for (const [name, { build }] of Object.entries(base)) {
      expect(build?.args.APP).toBe(name);
      expect(stages).toContain(build?.target);
      expect(existsSync(join(repository, 'apps', name, 'package.json'))).toBe(true);
    }
    const local = services('docker-compose.local.yml').filter(([, service]) => !service.image);
    expect(local.map(([name]) => name)).toEqual(Object.keys(base));
  });

  test('reach the Kafka and the PostgreSQL of the local file by their names', () => {
    const { kafka, postgres, cerebro } = compose('docker-compose.local.yml').services;
    const { POSTGRES_USER, POSTGRES_PASSWORD, POSTGRES_DB } = postgres?.environment ?? {};
    expect(cerebro?.environment?.['DATABASE_URL']).toBe(
      `postgresql://${POSTGRES_USER}:${POSTGRES_PASSWORD}@postgres:5432/${POSTGRES_DB}`,
    );
    const inside = String(kafka?.environment?.['KAFKA_ADVERTISED_LISTENERS']).split(',')[0];
    for (const [name, { image, environment }] of services('docker-compose.local.yml'))
      if (!image) expect([name, `INSIDE://${environment?.['KAFKA_BROKERS']}`]).toEqual([name, inside]);
  });
});

describe('docs/operations.md', () => {
  const document = read('docs/operations.md');
  const rows = [...document.matchAll(/^\| `([A-Z_]+)` +\| (?:`([^`]*)`|[^|]+?) +\|/gm)];
  const source = read('apps/cerebro/src/config/environment.ts');
  const declared = [...source.matchAll(/^ {2}([A-Z_]+)\??(?:: \w+)?(?: = ([^;]+))?;$/gm)];

  test('tells every variable that Cerebro reads, and no other', () => {
    expect(declared.length).toBeGreaterThan(10);
    expect(rows.map(([, name]) => name).sort()).toEqual(declared.map(([, name]) => name).sort());
  });

  test('tells the defaults that the code has', () => {
    const constants = declared.filter(([, , value]) => /^(\d[\d_]*|'[^']+')$/.test(value ?? ''));
    const defaults = constants.map(([, name, value = '']) => [name, value.replace(/[_']/g, '')]);
    expect(defaults.length).toBeGreaterThan(10);
    const told = new Map(rows.map(([, name, value]) => [name, value]));
    expect(defaults.map(([name]) => [name, told.get(name)])).toEqual(defaults);
  });

  test('names compose files that exist', () => {
    const named = [...document.matchAll(/-f (\S+\.yml)/g)].map(([, file]) => file);
    expect([...new Set(named)]).toEqual(['docker-compose.local.yml']);
  });

  test('tells the variables by which the compose files can be changed', () => {
    const used = FILES.flatMap((file) =>
      [...read(file).matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name ?? ''),
    );
    expect(used.filter((name) => !document.includes(`\`${name}\``))).toEqual([]);
  });
});

describe('npm run start:cerebro', () => {
  test('starts Node as it is started everywhere', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Readonly<Record<string, string>> };
    const { flags, environment } = CEREBRO_NODE;
    const set = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
    expect(scripts['start:cerebro']).toBe([...set, 'node', ...flags, 'apps/cerebro/dist/main.js'].join(' '));
  });
});

describe('Kafka and PostgreSQL', () => {
  test.each(foreign)('%s has a pinned image and a health check', (_, { image, healthcheck }) => {
    expect(image).toMatch(/^[a-z]+(\/[a-z]+)?:\d+[\w.-]*$/);
    expect(healthcheck?.test.length).toBeGreaterThan(1);
  });

  test('Kafka is of the version that everything is tested with', () => {
    const [, tested] = /<artifactId>kafka_[\d.]+<\/artifactId>\s*<version>([\d.]+)</.exec(
      read('libs/local-stack/kafka/pom.xml'),
    ) as RegExpExecArray;
    expect(compose('docker-compose.local.yml').services['kafka']?.image).toBe(`apache/kafka:${tested}`);
  });
});

describe('the Dockerfile', () => {
  const lines = read('Dockerfile').split('\n');
  const stageOf = (name: string): string => {
    const [, stage = ''] = read('Dockerfile').split(new RegExp(`^FROM \\S+ AS ${name}$`, 'm'));
    return stage.split(/^FROM /m)[0] ?? '';
  };

  test('runs as an ordinary user on production dependencies only', () => {
    expect(stageOf('dependencies')).toMatch(/npm ci --omit=dev/);
    expect(stageOf('runtime')).toMatch(/^USER node$/m);
    expect(stageOf('runtime').indexOf('COPY --from=build')).toBeLessThan(
      stageOf('runtime').indexOf('USER node'),
    );
    for (const stage of ['cerebro', 'task-server', 'runner'])
      expect(stageOf(stage)).not.toMatch(/^USER|^COPY|^RUN/m);
  });

  test.each([
    ['cerebro', CEREBRO_NODE],
    ['runtime', TASK_SERVER_NODE],
  ])('starts Node in %s as it is started everywhere', (stage, { flags, environment }) => {
    const entrypoint = ['node', ...flags, 'app/dist/main.js'].map((word) => `"${word}"`).join(', ');
    expect(stageOf(stage)).toContain(`ENTRYPOINT [${entrypoint}]`);
    for (const [name, value] of Object.entries(environment))
      expect(stageOf(stage)).toContain(`ENV ${name}=${value}\n`);
  });

  test('asks Cerebro for its health', () => {
    expect(stageOf('cerebro')).toMatch(/HEALTHCHECK [\s\S]*\/health\/ready/);
  });

  test('copies from stages that come before', () => {
    const known: string[] = [];
    for (const line of lines) {
      const [, base, stage] = /^FROM (\S+) AS (\S+)$/.exec(line) ?? [];
      const [, source] = /^COPY --from=(\S+)/.exec(line) ?? [];
      if (source) expect(known).toContain(source);
      if (base && !base.includes('/') && !base.includes(':')) expect(known).toContain(base);
      if (stage) known.push(stage);
    }
    expect(known).toHaveLength(8);
  });

  test('builds on the Node that the package asks for', () => {
    const [, image] = /^ARG NODE_VERSION=(\d+\.\d+)$/m.exec(read('Dockerfile')) as RegExpExecArray;
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    const [, wanted] = /^>=(\d+\.\d+)$/.exec(engines.node) as RegExpExecArray;
    const numbers = (version = ''): number[] => version.split('.').map(Number);
    const [major = 0, minor = 0] = numbers(image);
    const [wantedMajor = 0, wantedMinor = 0] = numbers(wanted);
    expect(major > wantedMajor || (major === wantedMajor && minor >= wantedMinor)).toBe(true);
  });
});
