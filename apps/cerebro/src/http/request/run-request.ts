import type { IncomingHttpHeaders } from 'node:http';
import type { RunRequest } from '@cordyna/protocol/model';
import { EventType } from '@cordyna/protocol/model';
import { isTraceparent, validateData } from '@cordyna/protocol/wire';
import type { Commands } from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { sentence } from './definition-body.js';

/** CloudEvents `source` of what is asked for over HTTP. */
export const SOURCE = '/http';

/** What `POST /api/v1/runs` does, whichever way it came in. */
export async function requestRun(
  commands: Commands,
  body: unknown,
  headers: IncomingHttpHeaders,
): Promise<{ run: string }> {
  const request = toRunRequest(body, headers['idempotency-key'] as string | undefined);
  const traceparent = headers.traceparent as string | undefined;
  // As on the bus: one that is not well-formed is left out.
  const trace = traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined;
  const { run } = await commands.requestRun(request, SOURCE, trace);
  return { run };
}

/**
 * The body of `POST /api/v1/runs`, with the header `Idempotency-Key` taken in.
 * @throws ProblemError 422 with every error, 400 when header and body name different keys
 */
export function toRunRequest(body: unknown, idempotencyKey: string | undefined): RunRequest {
  if (body === undefined) throw new ProblemError('malformed-request', 'the body is missing');
  const result = validateData(EventType.runRequested, withKey(body, idempotencyKey));
  if (!result.ok) throw new ProblemError('invalid-body', sentence(result.errors), result.errors);
  const request = result.value as RunRequest;
  // The database gives ids in lower case, whatever they were written in.
  return request.run === undefined ? request : { ...request, run: request.run.toLowerCase() };
}

function withKey(body: unknown, header: string | undefined): unknown {
  if (header === undefined || typeof body !== 'object' || body === null || Array.isArray(body)) return body;
  const { idempotencyKey: given } = body as { idempotencyKey?: unknown };
  if (given != null && given !== header) {
    const errors = [{ path: '/idempotencyKey', message: 'must be the same as the header Idempotency-Key' }];
    throw new ProblemError('malformed-request', 'header and body name different keys', errors);
  }
  return { ...body, idempotencyKey: header };
}
