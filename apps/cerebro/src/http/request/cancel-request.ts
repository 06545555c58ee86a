import { ProblemError } from '../problem/problem-kinds.js';

const MAX_REASON_CHARACTERS = 1_000;

/** The reason of the optional body of a cancel. */
export function toCancelReason(body: unknown): string {
  if (body === undefined) return 'cancelled by request';
  const { reason } = (typeof body === 'object' && body !== null ? body : { reason: body }) as {
    reason?: unknown;
  };
  if (reason == null) return 'cancelled by request';
  if (typeof reason === 'string' && reason.length > 0 && reason.length <= MAX_REASON_CHARACTERS)
    return reason;
  const message = `must be a text of at most ${MAX_REASON_CHARACTERS} characters`;
  throw new ProblemError('invalid-body', `/reason ${message}`, [{ path: '/reason', message }]);
}
