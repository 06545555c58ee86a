/**
 * What a task reports that watches over a folder flow. A task whose `outputSchema` is this schema (told by its `title`) is one,
 * whichever server declares it; its newest output is what `GET /api/v1/flows` shows.
 */
export const FLOW_REPORT_TITLE = 'cordyna.flow.v1';

/** `success`: the target file is there. `error`: the job ran, and it is not. `preliminary`: it has not run yet, or runs. */
export const FLOW_STATUSES = ['preliminary', 'success', 'error'] as const;
export type FlowStatus = (typeof FLOW_STATUSES)[number];

export interface FlowReport {
  readonly flow: string;
  /** RFC 3339, by the reporter's clock. */
  readonly checkedAt: string;
  readonly checkEveryMs: number;
  readonly jobs: readonly FlowJobReport[];
}

export interface FlowJobReport {
  readonly job: string;
  /** Qualified. */
  readonly task: string;
  /** Folder and file pattern, e.g. `in/*.xlsx`. */
  readonly sources: readonly string[];
  readonly target: string;
  /** `error` if one of its files has it; `success` if there are files and all have it. */
  readonly status: FlowStatus;
  readonly counts: { readonly preliminary: number; readonly success: number; readonly error: number };
  readonly files: readonly FlowFileReport[];
  /** So many more files are counted, but not listed. */
  readonly omitted: number;
}

export interface FlowFileReport {
  /** The target, relative to the folder of the flow. */
  readonly file: string;
  readonly sources: readonly string[];
  /** Those of the sources that are not there yet. */
  readonly missing: readonly string[];
  readonly status: FlowStatus;
  readonly running: boolean;
  /** The latest run that worked on it, as far as the reporter remembers. */
  readonly run: string | null;
  readonly error: { readonly code: string; readonly message: string } | null;
}

const text = { type: 'string' } as const;
const texts = { type: 'array', items: text } as const;
const count = { type: 'integer', minimum: 0 } as const;
const status = { type: 'string', enum: [...FLOW_STATUSES] } as const;
const flag = { type: 'boolean' } as const;

const file = {
  type: 'object',
  required: ['file', 'sources', 'missing', 'status', 'running', 'run', 'error'],
  properties: {
    file: text,
    sources: texts,
    missing: texts,
    status,
    running: flag,
    run: { type: ['string', 'null'] },
    error: {
      type: ['object', 'null'],
      required: ['code', 'message'],
      properties: { code: text, message: text },
    },
  },
} as const;

const job = {
  type: 'object',
  required: ['job', 'task', 'sources', 'target', 'status', 'counts', 'files', 'omitted'],
  properties: {
    job: text,
    task: text,
    sources: texts,
    target: text,
    status,
    counts: {
      type: 'object',
      required: [...FLOW_STATUSES],
      properties: { preliminary: count, success: count, error: count },
    },
    files: { type: 'array', items: file },
    omitted: count,
  },
} as const;

export const FLOW_REPORT_SCHEMA = {
  title: FLOW_REPORT_TITLE,
  type: 'object',
  required: ['flow', 'checkedAt', 'checkEveryMs', 'jobs'],
  properties: {
    flow: text,
    checkedAt: text,
    checkEveryMs: count,
    jobs: { type: 'array', items: job },
  },
} as const;
