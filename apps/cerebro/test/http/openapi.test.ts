import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { readFileSync } from 'node:fs';
import { httpApp, type HttpApp } from './support/http-app.js';
import { NO_RUN, RUN } from './support/memory.js';

interface Operation {
  readonly operationId: string;
  readonly requestBody?: { readonly content: Record<string, { readonly schema: object }> };
  readonly responses: Record<string, { readonly content?: Record<string, { readonly schema: object }> }>;
}
interface Document {
  readonly openapi: string;
  readonly paths: Record<string, Record<string, Operation>>;
  readonly components: { readonly schemas: Record<string, object> };
}

let http: HttpApp;
let served: Document;
const ajv = new Ajv2020({ strict: true, allowUnionTypes: true, strictRequired: false });
addFormats.default(ajv);
ajv.addVocabulary(['components']);

beforeAll(async () => {
  http = await httpApp();
  http.queries.append(RUN, 3, { item: { index: 1 } });
  served = (await (await http.get('/openapi.json')).json()) as Document;
  ajv.addSchema({ $id: 'urn:cordyna:api', components: served.components });
});
afterAll(() => http.close());

const check = (pointer: string, value: unknown) => {
  const validate = ajv.compile({ $ref: `urn:cordyna:api${pointer}` });
  return validate(value) ? [] : validate.errors;
};

describe('/openapi.json', () => {
  test('is the one in docs/ (else: node apps/cerebro/scripts/openapi.mjs)', () => {
    const file = new URL('../../../../docs/openapi.json', import.meta.url);
    expect(served).toEqual(JSON.parse(readFileSync(file, 'utf8')));
  });

  test('is valid OpenAPI 3.1', async () => {
    const { Validator } = await import('@seriousme/openapi-schema-validator');
    const validator = new Validator();
    const { valid, errors } = await validator.validate(
      structuredClone(served) as unknown as Record<string, unknown>,
    );
    expect({ valid, errors }).toEqual({ valid: true, errors: undefined });
    expect(validator.version).toBe('3.1');
  });

  test('every schema is valid JSON Schema, and every reference leads somewhere', () => {
    for (const name of Object.keys(served.components.schemas)) {
      expect(() => ajv.compile({ $ref: `urn:cordyna:api#/components/schemas/${name}` })).not.toThrow();
    }
    for (const [, name] of JSON.stringify(served).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      expect(served.components.schemas).toHaveProperty(name ?? '');
    }
  });

  test('every operation has an id of its own', () => {
    const ids = Object.values(served.paths).flatMap((path) =>
      Object.values(path).map((it) => it.operationId),
    );
    expect(new Set(ids).size).toBe(ids.length);
  });

  test('says what POST /api/v1/runs takes', () => {
    const good = { task: 'server-a.extract', args: {}, taskArgs: { 'server-b.load': {} }, scope: 'task' };
    expect(check('#/components/schemas/RunRequest', good)).toEqual([]);
    expect(check('#/components/schemas/RunRequest', { task: 'extract' })).not.toEqual([]);
  });

  test.each([
    ['get', '/health/live', '/health/live'],
    ['get', '/health/ready', '/health/ready'],
    ['get', '/api/v1/graph', '/api/v1/graph'],
    ['get', '/api/v1/servers', '/api/v1/servers'],
    ['get', '/api/v1/runs', '/api/v1/runs'],
    ['post', '/api/v1/runs', '/api/v1/runs'],
    ['get', '/api/v1/runs/{run}', `/api/v1/runs/${RUN}`],
    ['get', '/api/v1/runs/{run}', `/api/v1/runs/${NO_RUN}`],
    ['get', '/api/v1/runs/{run}', '/api/v1/runs/x'],
    ['get', '/api/v1/runs/{run}/history', `/api/v1/runs/${RUN}/history`],
    ['get', '/api/v1/runs/{run}/log', `/api/v1/runs/${RUN}/log`],
    ['post', '/api/v1/runs/{run}/cancel', `/api/v1/runs/${RUN}/cancel`],
    ['post', '/api/v1/runs/{run}/retry', `/api/v1/runs/${RUN}/retry`],
    ['get', '/api/v1/schedules/{schedule}/firings', '/api/v1/schedules/a.b/firings'],
    ['get', '/api/v1/schedules', '/api/v1/schedules'],
    ['get', '/api/v1/schedules/{schedule}', '/api/v1/schedules/known'],
    ['get', '/api/v1/schedules/{schedule}/preview', '/api/v1/schedules/known/preview'],
    ['get', '/api/v1/runs/{run}/tasks/{task}/args', `/api/v1/runs/${RUN}/tasks/a.b/args?item=2`],
    ['get', '/api/v1/job-definitions', '/api/v1/job-definitions'],
    ['get', '/api/v1/job-definitions/{job}', '/api/v1/job-definitions/known'],
    ['get', '/api/v1/job-definitions/{job}/versions', '/api/v1/job-definitions/known/versions'],
    ['get', '/api/v1/signals', '/api/v1/signals?outcome=triggered'],
    ['get', '/api/v1/signals/{id}', '/api/v1/signals/known?source=/a'],
    ['get', '/api/v1/signals/{id}', '/api/v1/signals/unknown'],
    ['get', '/api/v1/event-sets', '/api/v1/event-sets'],
    ['get', '/api/v1/rules/{rule}', '/api/v1/rules/known'],
    ['get', '/api/v1/rules/{rule}/firings', '/api/v1/rules/ns:known/firings'],
    ['get', '/api/v1/rules/{rule}/fuse', '/api/v1/rules/known/fuse'],
    ['get', '/api/v1/jobs', '/api/v1/jobs'],
    ['get', '/api/v1/apply/schema', '/api/v1/apply/schema'],
    ['post', '/api/v1/apply', '/api/v1/apply'],
    ['get', '/api/v1/dead-letters', '/api/v1/dead-letters'],
    ['get', '/api/v1/failures', '/api/v1/failures?kind=refused&server=server-a&since=2026-11-21T10:00:00Z'],
    ['get', '/api/v1/failures', '/api/v1/failures?since=yesterday'],
    ['get', '/api/v1/flows', '/api/v1/flows'],
    ['get', '/api/v1/dead-letters', '/api/v1/dead-letters?limit=0'],
  ] as const)('says what %s %s answers (%s)', async (method, path, url) => {
    const response = await (method === 'get' ? http.get(url) : http.post(url, { task: 'server-a.extract' }));
    const type = (response.headers.get('content-type') ?? '').split(';')[0] ?? '';
    const described = served.paths[path]?.[method]?.responses[response.status]?.content?.[type]?.schema;
    expect(described).toBeDefined();
    const { $ref } = described as { $ref: string };
    expect(check($ref, await response.json())).toEqual([]);
  });
});

/** Pages that describe calls, each call on one of them. */
const PAGES = ['http-api.md', 'files.md', 'flows.md', 'jobs.md', 'policy.md', 'rules.md', 'schedules.md'];

describe('the pages about calls in docs/', () => {
  const text = PAGES.map((name) =>
    readFileSync(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8'),
  ).join('\n');
  const sections = text.split(/^##+ /m).map((section) => {
    const heading = section.slice(0, section.indexOf('\n'));
    const calls = [...heading.matchAll(/`(GET|POST|PUT|DELETE) ([^`?]+)/g)].map(
      ([, method = '', path = '']) => ({
        method: method.toLowerCase(),
        path,
      }),
    );
    const examples = [...section.matchAll(/^```json\n(.*?)^```/gms)].map(
      ([, json = '']) => JSON.parse(json) as unknown,
    );
    return { calls, examples };
  });

  test('has a section for every call, and for nothing else', () => {
    const described = sections.flatMap(({ calls }) => calls.map(({ method, path }) => `${method} ${path}`));
    const inOpenApi = Object.entries(served.paths).flatMap(([path, calls]) =>
      Object.keys(calls).map((method) => `${method} ${path}`),
    );
    expect(described.sort()).toEqual(inOpenApi.sort());
  });

  test('shows answers that are as OpenAPI says', () => {
    let checked = 0;
    for (const { calls, examples } of sections) {
      const call = calls.at(-1);
      const answer = examples.at(-1);
      if (!call || answer === undefined) continue;
      const responses = served.paths[call.path]?.[call.method]?.responses ?? {};
      const { $ref } = (responses[200] ?? responses[201] ?? responses[202])?.content?.['application/json']
        ?.schema as {
        $ref: string;
      };
      expect({ call, errors: check($ref, answer) }).toEqual({ call, errors: [] });
      checked++;
    }
    expect(checked).toBeGreaterThan(8);
  });
});
