import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';
import { request, type Agent } from 'node:http';
import type { Call } from './calls.js';
import { COMPONENTS, type Schema } from './document.js';

export interface Answer {
  readonly status: number;
  readonly type: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

const ANSWER_MS = 30_000;
const MAX_TRIES = 20;

/** @throws when the connection ends without an answer */
function once(port: number, agent: Agent, { method, path, headers, body }: Call): Promise<Answer> {
  return new Promise((resolve, reject) => {
    // Without it Node sends the body of a DELETE so that it is taken for the next request.
    const length = body ? { 'content-length': body.length } : {};
    const options = { host: '127.0.0.1', port, agent, method, path, timeout: ANSWER_MS };
    const asked = request({ ...options, headers: { ...headers, ...length } }, (response) => {
      const chunks: Buffer[] = [];
      const answer = () => ({
        status: response.statusCode ?? 0,
        type: response.headers['content-type'] ?? '',
        headers: response.headers,
        text: Buffer.concat(chunks).toString(),
      });
      if (answer().type.startsWith('text/event-stream')) {
        resolve(answer());
        response.on('error', () => undefined).destroy();
        return;
      }
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('end', () => resolve(answer())).on('error', reject);
    });
    asked.on('timeout', () => asked.destroy(new Error(`no answer in ${ANSWER_MS} ms`))).on('error', reject);
    asked.end(body ?? undefined);
  });
}

/** Sends it again for as long as it is asked to, as any client would. */
export async function answerOf(port: number, agent: Agent, call: Call): Promise<Answer> {
  for (let tries = 1; ; tries++) {
    const answer = await once(port, agent, call);
    const waitS = Number(answer.headers['retry-after']);
    if (answer.status !== 503 || !(waitS > 0) || tries === MAX_TRIES) return answer;
    await new Promise((resolve) => setTimeout(resolve, waitS * 1_000));
  }
}

const ajv = new Ajv2020({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'urn:cordyna:api', components: COMPONENTS });
const compiled = new Map<Schema, ValidateFunction>();

function isAsDescribed(schema: Schema, value: unknown): string[] {
  let validate = compiled.get(schema);
  if (!validate) {
    const text = JSON.stringify(schema).replaceAll('"#/components/', '"urn:cordyna:api#/components/');
    validate = ajv.compile(JSON.parse(text) as Schema);
    compiled.set(schema, validate);
  }
  return validate(value) ? [] : [`not as openapi.json says: ${ajv.errorsText(validate.errors)}`];
}

const PROBLEM: Schema = { $ref: '#/components/schemas/Problem' };
/** Problems of which each names the places where something is wrong. */
const WITH_PLACES = new Set(['invalid-parameter', 'malformed-request', 'invalid-body', 'invalid-definition']);

interface Problem {
  readonly type?: string;
  readonly status?: number;
  readonly detail?: string;
  readonly errors?: readonly { readonly path: unknown; readonly message: unknown }[];
}

function wrongInProblem({ status, type, text }: Answer): string[] {
  if (type !== 'application/problem+json') return [`${status} is ${type}`];
  const problem = JSON.parse(text) as Problem;
  const wrong = isAsDescribed(PROBLEM, problem);
  if (problem.status !== status) wrong.push(`the status is ${problem.status}`);
  if (!problem.detail) wrong.push('no detail');
  const places = problem.errors ?? [];
  if (WITH_PLACES.has((problem.type ?? '').replace('/problems/', '')) && places.length === 0)
    wrong.push(`${problem.type} names no place`);
  if (places.some(({ path, message }) => typeof path !== 'string' || !message))
    wrong.push('a place is empty');
  return wrong;
}

/** What is wrong with an answer; nothing is what it should be. */
export function wrongIn(call: Call, answer: Answer): readonly string[] {
  const { status, type, headers, text } = answer;
  // A coordinator under this load may be behind, and says so.
  if (call.route?.path === '/health/ready' && status === 503) return [];
  if (status >= 500) return [`${status} ${text.slice(0, 500)}`];
  const wrong: string[] = [];
  if (headers['x-content-type-options'] !== 'nosniff') wrong.push('no security headers');
  if (status >= 400 && call.method !== 'HEAD') wrong.push(...wrongInProblem(answer));
  // Other paths may come out of what stands in the place of a parameter.
  const described = call.route?.answers;
  if (described && status < 400 && !described.has(status)) wrong.push(`openapi.json has no ${status}`);
  const schema = described?.get(status);
  if (schema && status < 400 && type.startsWith('application/json'))
    wrong.push(...isAsDescribed(schema, JSON.parse(text)));
  return wrong;
}
