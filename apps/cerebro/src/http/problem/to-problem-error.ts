import { HttpException } from '@nestjs/common';
import {
  InvalidCursor,
  RequestRefused,
  StoreUnavailable,
  type RefusalReason,
} from '../../coordination/index.js';
import { ProblemError, type ProblemKind } from './problem-kinds.js';

const REFUSALS: Record<RefusalReason, ProblemKind> = {
  unknown_task: 'unknown-task',
  unknown_job: 'unknown-job',
  unknown_run: 'unknown-run',
  unknown_definition: 'unknown-definition',
  invalid_args: 'invalid-args',
  invalid_definition: 'invalid-definition',
  definition_exists: 'definition-exists',
  version_conflict: 'version-conflict',
  definition_in_use: 'definition-in-use',
  key_reused: 'key-reused',
  wrong_state: 'wrong-state',
  unavailable: 'unavailable',
};

/** Of Nest and Express, by status. */
const STATUSES: Record<number, ProblemKind> = {
  400: 'malformed-request',
  403: 'cross-site-request',
  404: 'no-such-route',
  413: 'body-too-large',
  415: 'unsupported-media-type',
  503: 'unavailable',
};

/** What a caller is told of an error: nothing of the inside unless it is the caller's own. */
export function toProblemError(error: unknown): ProblemError {
  if (error instanceof ProblemError) return error;
  if (error instanceof RequestRefused)
    return new ProblemError(REFUSALS[error.code], error.message, error.errors, { cause: error });
  if (error instanceof InvalidCursor) {
    const errors = [{ path: 'cursor', message: 'must be `next` of the page before' }];
    const message = 'the cursor is not one that this API gave';
    return new ProblemError('invalid-parameter', message, errors, { cause: error });
  }
  if (error instanceof StoreUnavailable)
    return new ProblemError('unavailable', 'the database does not answer', [], { cause: error });
  const status = statusOf(error);
  if (status === null || status >= 500)
    return new ProblemError(
      status === 503 ? 'unavailable' : 'internal-error',
      'see the log of the coordinator',
      [],
      {
        cause: error,
      },
    );
  return new ProblemError(STATUSES[status] ?? 'client-error', (error as Error).message, [], { cause: error });
}

/** Express' own errors carry a status and say with `expose` that their message is for the caller. */
function statusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  if (!(error instanceof Error)) return null;
  const { status, expose } = error as { status?: unknown; expose?: unknown };
  return typeof status === 'number' && expose === true ? status : null;
}
