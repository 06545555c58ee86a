import { fuzzSeed } from '@cordyna/testkit';
import fc from 'fast-check';
import { bodiesOf } from './bodies.js';
import { ROUTES, type Parameter, type Route } from './document.js';
import { RUN_TOKENS, valuesOf, word } from './values.js';

export interface Call {
  /** Null for one that the document does not describe. */
  readonly route: Route | null;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | null;
}

/** What no program of ours would write. */
const RAW = [
  '%',
  '%zz',
  '%c0%af',
  '%00',
  '%2e%2e%2f',
  '//',
  ';a=b',
  '\u00ff',
  '#x',
  '?',
  '[a]=1',
  '&&==&',
  '+',
];
const TYPES = [
  ...[
    'text/plain',
    'application/json; charset=utf-16',
    'application/vnd.a+json',
    'APPLICATION/JSON',
    '',
    ';',
  ],
  ...['application/cloudevents+json', 'multipart/form-data; boundary=x', 'application/x-www-form-urlencoded'],
];
const METHODS = ['GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'PROPFIND'];

/** Any text as part of a path or a query; lone surrogates become replacement characters. */
const encoded = (text: string): string =>
  [...Buffer.from(text, 'utf8')]
    .map((byte) => {
      const letter = String.fromCharCode(byte);
      return /[\w.~-]/.test(letter) ? letter : `%${byte.toString(16).padStart(2, '0')}`;
    })
    .join('');

/** A header may hold any Latin-1 but control characters. */
const headerText = (text: string): string => text.replaceAll(/[^\t\x20-\x7e\x80-\xff]/g, '\u00b6').trim();

const textOf = (value: unknown): string =>
  typeof value === 'string' ? value : (JSON.stringify(value) ?? '');
const parameterValue = ({ schema = {} }: Parameter): fc.Arbitrary<string> =>
  fc.oneof({ weight: 3, arbitrary: valuesOf(schema).map(textOf) }, { weight: 1, arbitrary: word });

const noise = fc.oneof(
  { weight: 30, arbitrary: fc.constant('') },
  { weight: 1, arbitrary: fc.constantFrom(...RAW) },
);

function queryOf(parameters: readonly Parameter[]): fc.Arbitrary<string> {
  const known = parameters.filter((one) => one.in === 'query');
  const one = fc.oneof(
    { weight: 1, arbitrary: fc.tuple(word, word) },
    ...known.map((own) => ({ weight: 3, arbitrary: fc.tuple(fc.constant(own.name), parameterValue(own)) })),
  );
  return fc
    .tuple(fc.array(one, { maxLength: known.length === 0 ? 1 : 3 }), noise)
    .map(
      ([pairs, raw]) => pairs.map(([name, value]) => `${encoded(name)}=${encoded(value)}`).join('&') + raw,
    );
}

function headersOf(parameters: readonly Parameter[]): fc.Arbitrary<Record<string, string>> {
  const known = parameters.filter((one) => one.in === 'header');
  const model: Record<string, fc.Arbitrary<string>> = Object.fromEntries(
    known.map((own) => [own.name.toLowerCase(), parameterValue(own).map(headerText)]),
  );
  const site = fc.constantFrom('same-origin', 'cross-site', 'none', 'x');
  const rare = fc.oneof(
    { weight: 30, arbitrary: fc.constant({}) },
    {
      weight: 1,
      arbitrary: fc.record({ 'sec-fetch-site': site, origin: fc.constantFrom('null', 'https://x') }),
    },
    { weight: 1, arbitrary: word.map((text) => ({ accept: headerText(text), 'x-forwarded-for': 'x' })) },
  );
  return fc.tuple(fc.record(model, { requiredKeys: [] }), rare).map(([own, more]) => ({ ...own, ...more }));
}

function callsOf(route: Route): fc.Arbitrary<Call> {
  const type = fc.oneof(
    { weight: 12, arbitrary: fc.constant('application/json') },
    { weight: 1, arbitrary: fc.constantFrom(...TYPES) },
  );
  // A call that takes no body gets one now and then all the same.
  const body = fc.option(bodiesOf(route.body ?? {}), { freq: route.body ? 20 : 1 });
  const part = fc.oneof({ weight: 8, arbitrary: word.map(encoded) }, { weight: 1, arbitrary: noise });
  return fc
    .record({
      parts: fc.array(part, { minLength: 3, maxLength: 3 }),
      query: queryOf(route.parameters),
      headers: headersOf(route.parameters),
      type,
      body,
    })
    .map(({ parts, query, headers, type: media, body: sent }) => {
      let at = 0;
      const path = route.path.replaceAll(/\{\w+\}/g, () => parts[at++] ?? '');
      // Without one of its parts a path is the one of another call.
      const isOwn = parts.slice(0, at).every((one) => one !== '' && !/[/?#]/.test(one));
      const coding: Record<string, string> = sent?.encoding ? { 'content-encoding': sent.encoding } : {};
      const own: Record<string, string> = sent ? { 'content-type': media } : {};
      return {
        ...{
          route: isOwn ? route : null,
          method: route.method,
          path: query === '' ? path : `${path}?${query}`,
        },
        headers: { ...headers, ...coding, ...own },
        body: sent?.bytes ?? null,
      };
    });
}

const strangeCalls: fc.Arbitrary<Call> = fc
  .record({
    method: fc.constantFrom(...METHODS),
    path: fc.tuple(
      fc.constantFrom(
        '/',
        '/api/v1/',
        '/api/v1/runs',
        '/problems/',
        '/openapi.json',
        '//',
        '/monitor.js',
        '*',
      ),
      word.map(encoded),
      noise,
    ),
  })
  .map(({ method, path }) => ({ route: null, method, path: path.join(''), headers: {}, body: null }));

// Calls that take a body have more ways to go wrong.
const weighted = ROUTES.map((route) => ({ weight: route.body ? 40 : 10, arbitrary: callsOf(route) }));
const anyCall = fc.oneof(...weighted, { weight: 10, arbitrary: strangeCalls });

/** The call that belongs to a seed. */
export function callOf(seed: number): Call {
  const [call] = fc.sample(anyCall, { seed: fuzzSeed(seed), numRuns: 1 });
  return call!;
}

/** The call with ids of runs in the places of the tokens. */
export function withRuns(call: Call, runs: readonly string[]): Call {
  if (runs.length === 0) return call;
  const named = (text: string): string =>
    RUN_TOKENS.reduce((all, token, n) => all.replaceAll(token, runs[(n * 7) % runs.length]!), text);
  const headers = Object.fromEntries(Object.entries(call.headers).map(([name, text]) => [name, named(text)]));
  const body = call.body && Buffer.from(named(call.body.toString('latin1')), 'latin1');
  return { ...call, path: named(call.path), headers, body };
}
