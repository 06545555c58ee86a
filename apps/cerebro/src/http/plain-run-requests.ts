import type { IncomingMessage, RequestListener, Server, ServerResponse } from 'node:http';
import { MAX_VALUE_BYTES } from '@cordyna/protocol/model';
import type { Commands } from '../coordination/index.js';
import type { ProblemFilter } from './problem/problem.filter.js';
import { isJson, readJson } from './request/json-body.js';
import { requestRun } from './request/run-request.js';

const PATH = '/api/v1/runs';
/** Each of them has rules of its own, which are Express' and Nest's to keep. */
const NOT_PLAIN = ['origin', 'sec-fetch-site', 'content-encoding', 'transfer-encoding'] as const;

/** Those that configure-http.ts gives to every answer; a test compares both ways. */
const SECURITY_HEADERS = [
  [
    'Content-Security-Policy',
    "default-src 'none';base-uri 'none';connect-src 'self';form-action 'none';frame-ancestors 'none';img-src 'self' data:;script-src 'self';style-src 'self'",
  ],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
  ['Cross-Origin-Resource-Policy', 'same-origin'],
  ['Origin-Agent-Cluster', '?1'],
  ['Referrer-Policy', 'no-referrer'],
  ['X-Content-Type-Options', 'nosniff'],
  ['X-DNS-Prefetch-Control', 'off'],
  ['X-Download-Options', 'noopen'],
  ['X-Frame-Options', 'DENY'],
  ['X-Permitted-Cross-Domain-Policies', 'none'],
  ['X-XSS-Protection', '0'],
] as const;
const ACCEPTED = [...SECURITY_HEADERS.flat(), 'Content-Type', 'application/json; charset=utf-8'];

export interface PlainAnswers {
  readonly commands: Commands;
  readonly problems: Pick<ProblemFilter, 'answer'>;
}

/**
 * Requests for runs as programs send them are taken before Express sees them: its way through prototypes, layers and
 * decorators costs more than reading the request and deciding about it. Everything else goes that way (adr/0018).
 */
export function takePlainRunRequests(server: Server, answers: PlainAnswers): void {
  const others = server.listeners('request') as RequestListener[];
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (isPlain(request)) take(request, response, answers);
    else for (const other of others) other.call(server, request, response);
  });
}

function isPlain(request: IncomingMessage): boolean {
  if (request.url !== PATH || request.method !== 'POST') return false;
  const { headers } = request;
  const length = Number(headers['content-length']);
  if (!(length > 0 && length <= MAX_VALUE_BYTES)) return false;
  return isJson(request) && NOT_PLAIN.every((name) => headers[name] === undefined);
}

function take(
  request: IncomingMessage,
  response: ServerResponse,
  { commands, problems }: PlainAnswers,
): void {
  const parts: Buffer[] = [];
  request.on('data', (part: Buffer) => parts.push(part));
  // Without its end there is nobody left to answer.
  request.on('end', () => {
    const [first] = parts;
    const bytes = parts.length === 1 && first ? first : Buffer.concat(parts);
    readAndAsk(commands, bytes, request).then(
      (answer) => {
        const body = JSON.stringify(answer);
        const length = String(Buffer.byteLength(body));
        response.writeHead(202, [...ACCEPTED, 'Content-Length', length]).end(body);
      },
      (error: unknown) => {
        for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
        problems.answer(error, request, response);
      },
    );
  });
}

async function readAndAsk(commands: Commands, bytes: Buffer, request: IncomingMessage): Promise<object> {
  return requestRun(commands, readJson(bytes), request.headers);
}
