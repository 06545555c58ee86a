import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { IncomingMessage } from 'node:http';
import { parseStrictJson } from '@cordyna/protocol/wire';
import { ProblemError } from '../problem/problem-kinds.js';

type BodyRequest = IncomingMessage & { readonly body?: unknown };

/** Whether the raw body parser shall read the body; others are answered with 415. */
export function isJson(request: IncomingMessage): boolean {
  const type = request.headers['content-type'];
  return type === undefined || /^application\/([\w.+-]+\+)?json\s*(;|$)/i.test(type);
}

/** The body by the same rules as a message on the bus; undefined when there is none. */
export const JsonBody = createParamDecorator((_: unknown, context: ExecutionContext): unknown => {
  const request = context.switchToHttp().getRequest<BodyRequest>();
  if (!isJson(request) && hasBody(request))
    throw new ProblemError('unsupported-media-type', 'send the body with content-type: application/json');
  if (!Buffer.isBuffer(request.body) || request.body.length === 0) return undefined;
  return readJson(request.body);
});

/** @throws ProblemError 400, with the position */
export function readJson(body: Buffer): unknown {
  const parsed = parseStrictJson(body);
  if (parsed.ok) return parsed.value;
  throw new ProblemError('malformed-request', parsed.detail.replace(/^the value/, 'the body'));
}

const hasBody = ({ headers }: IncomingMessage): boolean =>
  headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
