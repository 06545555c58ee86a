/** Every error that the API answers with; the key is the last part of the problem's `type`. A closed list. */
export const PROBLEM_KINDS = {
  'unknown-task': { status: 404, title: 'Nobody has declared this task' },
  'unknown-job': { status: 404, title: 'There is no such job' },
  'unknown-run': { status: 404, title: 'There is no such run' },
  'unknown-definition': { status: 404, title: 'Nothing of this name is defined' },
  'unknown-signal': { status: 404, title: 'There is no such event' },
  'unknown-problem': { status: 404, title: 'There is no such problem type' },
  'no-such-route': { status: 404, title: 'There is no such call' },
  'invalid-parameter': { status: 400, title: 'A parameter is not valid' },
  'malformed-request': { status: 400, title: 'The request cannot be read' },
  'cross-site-request': { status: 403, title: 'Another site sent this request' },
  'definition-exists': { status: 409, title: 'There is one of this name already' },
  'key-reused': { status: 409, title: 'The same key or run id with other content' },
  'definition-in-use': { status: 409, title: 'Something else that is defined needs it' },
  'wrong-state': { status: 409, title: 'The run is not in a state that allows this' },
  'request-timeout': { status: 408, title: 'The request did not come whole in time' },
  'version-conflict': { status: 412, title: 'Another version is in force' },
  'body-too-large': { status: 413, title: 'The body is too large' },
  'unsupported-media-type': { status: 415, title: 'The body must be JSON' },
  'invalid-body': { status: 422, title: 'The body is not a valid request' },
  'invalid-definition': { status: 422, title: 'The definition is not valid' },
  'invalid-args': { status: 422, title: 'The arguments are not valid' },
  'headers-too-large': { status: 431, title: 'The headers are too large' },
  'client-error': { status: 400, title: 'The request was refused' },
  'internal-error': { status: 500, title: 'A defect of the coordinator' },
  'not-ready': { status: 503, title: 'Not ready' },
  unavailable: { status: 503, title: 'Not possible now; try again' },
  'too-many-streams': { status: 503, title: 'Too many streams are open' },
} as const;
export type ProblemKind = keyof typeof PROBLEM_KINDS;

/** Where one field is wrong; `path` is a JSON pointer into the body (empty: all of it), or the name of a parameter. */
export interface ProblemField {
  readonly path: string;
  readonly message: string;
  /** Both from 1, of what was sent as a file. */
  readonly line?: number;
  readonly column?: number;
}

/** RFC 9457 problem details. */
export interface Problem {
  /** `/problems/<kind>`: stable, compare this one. */
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly detail: string;
  /** Path of the request. */
  readonly instance: string;
  readonly errors?: readonly ProblemField[];
}

/** An error that is answered as it is. */
export class ProblemError extends Error {
  override readonly name = 'ProblemError';
  readonly status: number;
  readonly retriable: boolean;
  readonly errors: readonly ProblemField[];

  constructor(
    readonly code: ProblemKind,
    message: string,
    errors: readonly ProblemField[] = [],
    options?: ErrorOptions,
  ) {
    super(message, options);
    // What cannot be read is wrong as a whole.
    this.errors = errors.length === 0 && code === 'malformed-request' ? [{ path: '', message }] : errors;
    this.status = PROBLEM_KINDS[code].status;
    this.retriable = this.status === 503;
  }

  toProblem(instance: string): Problem {
    const { status, title } = PROBLEM_KINDS[this.code];
    const problem = { type: `/problems/${this.code}`, title, status, detail: this.message, instance };
    return this.errors.length > 0 ? { ...problem, errors: this.errors } : problem;
  }
}
