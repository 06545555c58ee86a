import fc from 'fast-check';
import { resolved, type Schema } from './document.js';

/** Stand for the ids of runs that the coordinator has given; see `withRuns`. */
export const RUN_TOKENS = Array.from({ length: 8 }, (_, n) => `feedface-0000-7000-8000-00000000000${n}`);

/** Names that are declared, and others that look like them. */
export const NAMES = [
  // Twice, so that most of what is asked for exists.
  ...['fuzz.a', 'fuzz.b', 'fuzz.flaky', 'fuzz.list', 'fuzz.nightly'],
  'fuzz.a',
  'fuzz.b',
  'fuzz.flaky',
  'fuzz.list',
  'fuzz.nightly',
  'j1',
  'j2',
  'fuzz',
  'x.y',
  'a',
];

const ODD = [
  ...[
    '',
    ' ',
    '\u0000',
    'a\u0000b',
    '\ud800',
    '\u202e',
    '\r\nset-cookie: a=b',
    '__proto__',
    'constructor',
    '../..',
  ],
  ...[
    '*',
    '%',
    "' OR 1=1 --",
    '${7*7}',
    '{{',
    '[]',
    'null',
    'true',
    'NaN',
    'a'.repeat(600),
    '\u{1f600}'.repeat(70),
  ],
  ...['0', '1', '-1', '501', '1e3', '0x10', '9'.repeat(30), '9007199254740993', '1.5'],
  ...[
    '2026-11-21T10:00:00Z',
    '2026-99-99T10:00:00Z',
    '9999-12-31T23:59:59Z',
    '0000-01-01T00:00:00Z',
    '* * * * *',
  ],
];

/** Cursors that look like ours. */
const cursor = fc
  .array(
    fc.oneof(fc.constantFrom(...RUN_TOKENS, 'x'), fc.bigInt({ min: -9n, max: 10n ** 19n }).map(String)),
    {
      maxLength: 5,
    },
  )
  .map((fields) => Buffer.from(fields.join(' ')).toString('base64url'));

export const word: fc.Arbitrary<string> = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(...NAMES) },
  { weight: 4, arbitrary: fc.constantFrom(...RUN_TOKENS) },
  { weight: 3, arbitrary: fc.constantFrom(...ODD) },
  { weight: 1, arbitrary: cursor },
  { weight: 1, arbitrary: fc.string({ maxLength: 20, unit: 'binary' }) },
);

export const odd: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(...ODD, null, true, 0, -1, 1.5, 2 ** 53, 1e308, [], {}, [[]]),
  fc.jsonValue({ maxDepth: 3 }),
);

/** Members whose values a schema tells too little of. What is due all the time would drown the rest. */
const BY_NAME: Readonly<Record<string, fc.Arbitrary<unknown>>> = {
  everyMs: fc.constantFrom(3_600_000, 86_400_000, 2 ** 40, 3_155_760_000_000, 2 ** 53 - 1, 0, -1),
  cron: fc.constantFrom(
    '0 6 * * 1-5',
    '0 0 1 1 *',
    '30 2 * * *',
    '0 0 30 2 *',
    '61 * * * *',
    '@daily',
    '0 0 0 0 0 0',
  ),
  timezone: fc.constantFrom('Europe/Berlin', 'UTC', 'Mars/Olympus', '+01:00', '../etc'),
};

/** Values that a schema of the document allows, or nearly. */
export function valuesOf(given: Schema): fc.Arbitrary<unknown> {
  const schema = resolved(given);
  const options = [schema['oneOf'], schema['anyOf']].find(Array.isArray) as Schema[] | undefined;
  if (options && schema['properties'] === undefined) return fc.oneof(...options.map(valuesOf));
  if (Array.isArray(schema['enum'])) return fc.constantFrom<unknown>(...(schema['enum'] as unknown[]));
  const types = [schema['type']].flat().filter((type) => typeof type === 'string');
  if (types.length > 1) return fc.oneof(...types.map((type) => valuesOf({ ...schema, type })));
  switch (types[0]) {
    case 'object':
      return objectsOf(schema);
    case 'array':
      return fc.array(valuesOf((schema['items'] ?? {}) as Schema), { maxLength: 4 });
    case 'string':
      return stringsOf(schema);
    case 'integer':
    case 'number':
      return fc.oneof(
        fc.nat(100),
        fc.constantFrom(0, 1, 1_000, 60_000, 86_400_000, 2 ** 31, 2 ** 53 - 1, 1.5),
      );
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

/** Mostly what the pattern allows, so that the inputs get behind the first check. */
function stringsOf(schema: Schema): fc.Arbitrary<string> {
  const pattern =
    schema['format'] === 'uuid' ? '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$' : schema['pattern'];
  if (typeof pattern !== 'string') return word;
  const fits = [...NAMES, ...RUN_TOKENS].filter((text) => new RegExp(pattern).test(text));
  const good = fits.length > 0 ? fc.constantFrom(...fits) : fc.stringMatching(new RegExp(pattern));
  return fc.oneof({ weight: 15, arbitrary: good }, { weight: 1, arbitrary: word });
}

function objectsOf(schema: Schema): fc.Arbitrary<unknown> {
  const properties = (schema['properties'] ?? {}) as Record<string, Schema>;
  const rest = schema['additionalProperties'];
  if (Object.keys(properties).length === 0) {
    const values = typeof rest === 'object' && rest !== null ? valuesOf(rest as Schema) : odd;
    return fc.dictionary(stringsOf((schema['propertyNames'] ?? {}) as Schema), values, { maxKeys: 3 });
  }
  const model = Object.fromEntries(
    Object.entries(properties).map(([name, own]) => [name, BY_NAME[name] ?? valuesOf(own)]),
  );
  const requiredKeys = (schema['required'] ?? []) as string[];
  const [first, ...others] = (schema['oneOf'] ?? []) as { readonly required?: string[] }[];
  const exclusive = [first, ...others].flatMap((option) => option?.required ?? []);
  return fc.record(model, { requiredKeys }).chain((value) =>
    exclusive.length === 0
      ? fc.constant(value)
      : fc.tuple(fc.nat(exclusive.length), ...exclusive.map((name) => model[name]!)).map(([only, ...own]) =>
          // Now and then as it came: none of those that exclude each other, or several.
          only === exclusive.length ? value : withOnly(value, exclusive, only, own[only]),
        ),
  );
}

function withOnly(value: object, names: readonly string[], only: number, own: unknown): object {
  const others = Object.entries(value).filter(([name]) => !names.includes(name));
  return Object.fromEntries([...others, [names[only], own]]);
}
