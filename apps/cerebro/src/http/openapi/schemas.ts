import {
  CATCH_UPS,
  DEFINITION_KINDS,
  EventType,
  FLOW_REPORT_SCHEMA,
  INSTANCE_STATES,
  OVERLAPS,
  RUN_STATES,
  TASK_STATES,
  TRIGGER_KINDS,
  type JsonObject,
} from '@cordyna/protocol/model';
import { FAILURE_KINDS, UNREADY_REASONS } from '../../coordination/index.js';
import { cordynaFileSchema, schemaOf } from '@cordyna/protocol/wire';
import { EVENT_SCHEMAS } from './event-schemas.js';
import {
  anyObject,
  definition,
  flag,
  list,
  nullableText,
  nullableTime,
  nullableWhole,
  object,
  oneOf,
  orNull,
  page,
  ref,
  text,
  texts,
  time,
  uuid,
  whole,
} from './schema-parts.js';

const summary = {
  run: uuid,
  task: nullableText,
  job: nullableText,
  state: oneOf(RUN_STATES),
  trigger: ref('Trigger'),
  createdAt: time,
  finishedAt: nullableTime,
};

/** A schema without what only a document of its own needs. */
const withoutIds = (schema: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !['$schema', '$id', 'title'].includes(key)));

function runRequest(): JsonObject {
  const schema = schemaOf(EventType.runRequested);
  if (!schema) throw new Error('the protocol has no schema of run requests');
  return withoutIds(schema);
}

export const SCHEMAS = {
  ...EVENT_SCHEMAS,
  RunRequest: runRequest(),
  JobRequest: { ...runRequest(), oneOf: [{ required: ['job'] }] },
  JobDefinition: definition('job', false),
  NamedJobDefinition: definition('job', true),
  ScheduleDefinition: definition('schedule', false),
  NamedSchedule: definition('schedule', true),
  ChangedBy: {
    type: 'object',
    additionalProperties: false,
    properties: { author: { ...text, maxLength: 200 }, reason: { ...text, maxLength: 1_000 } },
  },
  ScheduleName: object({ schedule: text }),
  Preview: object({ due: list(time) }),
  Signed: object({ author: nullableText, reason: nullableText, at: time }),
  Schedule: object({
    schedule: text,
    state: oneOf(['active', 'paused', 'ended', 'withdrawn']),
    task: nullableText,
    job: nullableText,
    everyMs: nullableWhole,
    cron: nullableText,
    timezone: text,
    overlap: oneOf(OVERLAPS),
    catchUp: oneOf(CATCH_UPS),
    nextDueAt: nullableTime,
    lastRun: nullableText,
    waiting: { ...list(time), description: 'Due times that wait for the run before them.' },
    declared: {
      ...orNull(object({ everyMs: nullableWhole, cron: nullableText, timezone: text })),
      description: 'What its task declares, overridden or not.',
    },
    definition: { ...orNull(anyObject), description: 'As it was made, or what overrides the declared one.' },
    version: { ...whole, description: 'Of `definition`; 0 when there never was one.' },
    changed: orNull(ref('Signed')),
    paused: orNull(ref('Signed')),
  }),
  SchedulePage: page(ref('Schedule')),
  Flows: list(
    object({
      ...(FLOW_REPORT_SCHEMA.properties as unknown as JsonObject),
      server: text,
      task: { ...text, description: 'The task that reports.' },
      serverState: oneOf(['declared', ...INSTANCE_STATES, 'withdrawn']),
      reportedAt: time,
    }),
  ),
  Defined: object({
    name: text,
    outcome: oneOf(['created', 'changed', 'unchanged', 'removed']),
    version: whole,
    warnings: list(text),
  }),
  Definition: object({
    name: text,
    version: whole,
    body: { ...orNull(anyObject), description: 'Null: this version is the removal.' },
    author: nullableText,
    reason: nullableText,
    at: time,
  }),
  Difference: {
    ...object(
      { op: oneOf(['add', 'remove', 'replace']), path: text, before: {}, after: {} },
      'before',
      'after',
    ),
    description: '`path` is a JSON pointer into the definition.',
  },
  CordynaFile: withoutIds(cordynaFileSchema()),
  CordynaFileSchema: { ...anyObject, description: 'JSON Schema 2020-12.' },
  Applied: object({
    dryRun: flag,
    changes: list(
      object({
        kind: oneOf(DEFINITION_KINDS),
        name: text,
        outcome: oneOf(['created', 'changed', 'unchanged', 'removed']),
        version: whole,
        warnings: list(text),
        diff: list(ref('Difference')),
      }),
    ),
  }),
  SermosFile: {
    ...object({ file: text, handlers: texts, environment: texts }, ...['handlers', 'environment']),
    additionalProperties: false,
  },
  SermosImport: object({
    file: { ...text, description: 'The text of a `cordyna.yaml`.' },
    notes: list(
      object({
        kind: oneOf(['dropped', 'changed']),
        path: { ...text, description: 'JSON pointer into the file that was sent.' },
        message: text,
        line: whole,
        column: whole,
      }),
    ),
  }),
  DefinitionPage: page(ref('Definition')),
  TaskArgs: object({
    run: uuid,
    task: text,
    item: orNull(object({ index: whole })),
    attempt: { ...nullableWhole, description: 'Null before the first one.' },
    args: anyObject,
    origins: {
      type: 'object',
      additionalProperties: text,
      description: '`definition`, `job`, `run`, `job-task`, `task` or `output:<dependency>`, by name.',
    },
    sources: list(object({ origin: text, args: anyObject })),
  }),
  RunCreated: object({ run: uuid }),
  CancelRequest: object({ reason: { ...text, minLength: 1, maxLength: 1_000 } }, 'reason'),
  Trigger: object(
    {
      kind: oneOf(TRIGGER_KINDS),
      schedule: text,
      scheduledFor: time,
      source: text,
      id: text,
      job: text,
      rule: text,
    },
    ...['schedule', 'scheduledFor', 'source', 'id', 'job', 'rule'],
  ),
  RunSummary: object(summary),
  RunPage: page(ref('RunSummary')),
  Run: object({ ...summary, tasks: list(ref('TaskRun')) }),
  TaskError: object(
    { code: text, message: text, description: text, retryable: flag, stack: text, details: {} },
    ...['description', 'retryable', 'stack', 'details'],
  ),
  TaskRun: object(
    {
      task: text,
      item: { ...orNull(object({ index: whole, value: {} })), description: 'Element of a `forEach`.' },
      state: oneOf(TASK_STATES),
      attempt: whole,
      server: text,
      instance: nullableText,
      invokedAt: nullableTime,
      queuedAt: nullableTime,
      startedAt: nullableTime,
      finishedAt: nullableTime,
      output: {},
      error: orNull(ref('TaskError')),
      blockedBy: { ...nullableText, description: 'Qualified name of the task whose error blocks this one.' },
      reason: nullableText,
      progress: orNull(object({ percent: { type: ['number', 'null'] }, message: nullableText })),
    },
    'progress',
  ),
  HistoryRow: object({
    seq: { ...whole, description: 'From 1, dense per run.' },
    at: { ...time, description: "By the sender's clock." },
    recordedAt: { ...time, description: "By the database's clock." },
    source: text,
    type: text,
    task: nullableText,
    item: orNull(object({ index: whole })),
    attempt: nullableWhole,
    applied: { ...flag, description: 'False: refused, see `reason`.' },
    reason: nullableText,
    topic: nullableText,
    partition: nullableWhole,
    offset: { ...nullableText, description: 'Decimal: it may be larger than 2^53.' },
    data: anyObject,
  }),
  History: list(ref('HistoryRow')),
  StreamedRow: { allOf: [object({ run: uuid }), ref('HistoryRow')] },
  Log: list(object({ at: time, invocation: text, task: text, attempt: whole, level: text, message: text })),
  Graph: object({
    nodes: list(
      object({
        task: text,
        server: text,
        declared: flag,
        unresolved: { ...list(text), description: 'Dependencies of this task that nobody has declared.' },
        lastState: { enum: [...TASK_STATES, null], description: 'In the newest run that it is part of.' },
      }),
    ),
    edges: { ...list(object({ from: text, to: text })), description: '`to` depends on `from`.' },
  }),
  Servers: list(
    object({
      server: text,
      version: nullableText,
      team: nullableText,
      contact: nullableText,
      description: nullableText,
      state: oneOf(['declared', ...INSTANCE_STATES, 'withdrawn']),
      instances: list(
        object({
          instance: text,
          state: oneOf(INSTANCE_STATES),
          lastSeen: time,
          clockSkewMs: {
            type: ['number', 'null'],
            description: "How far its clock is ahead of the database's.",
          },
        }),
      ),
      tasks: list(text),
      notices: {
        ...list(text),
        description: 'What others changed that it depends on, since it was declared like this.',
      },
    }),
  ),
  Firings: list(
    object({
      scheduledFor: time,
      outcome: oneOf(['run', 'skipped', 'missed']),
      run: nullableText,
      reason: nullableText,
    }),
  ),
  DeadLetterPage: page(
    object({
      id: text,
      at: time,
      reason: text,
      detail: text,
      topic: text,
      partition: whole,
      offset: text,
      key: { ...nullableText, description: 'Base64.' },
      value: nullableText,
      encoding: oneOf(['utf8', 'base64']),
      truncated: flag,
    }),
  ),
  FailurePage: page(
    object({
      kind: oneOf(FAILURE_KINDS),
      at: { ...time, description: "By the database's clock." },
      reason: { ...text, description: 'A word of a closed list, or why an input was refused.' },
      detail: text,
      server: nullableText,
      instance: nullableText,
      task: nullableText,
      attempt: nullableWhole,
      run: { ...nullableText, description: 'Id of the run that it is about.' },
      seq: { ...nullableWhole, description: "Of the row in the run's history." },
      topic: nullableText,
      partition: nullableWhole,
      offset: nullableText,
      link: { ...nullableText, description: 'The run, as a path of this API.' },
    }),
  ),
  Live: object({ status: oneOf(['ok']) }),
  Readiness: object({
    ready: flag,
    checks: {
      type: 'object',
      additionalProperties: object({
        ok: flag,
        reason: { enum: [...UNREADY_REASONS, null], description: 'Null when it is ok.' },
        detail: text,
      }),
    },
  }),
  Problem: object(
    {
      type: {
        ...text,
        format: 'uri-reference',
        description: '`/problems/<kind>`: stable, compare this one.',
      },
      title: text,
      status: whole,
      detail: text,
      instance: text,
      errors: list(object({ path: text, message: text, line: whole, column: whole }, ...['line', 'column'])),
    },
    'errors',
  ),
} satisfies Record<string, JsonObject>;

export type SchemaName = keyof typeof SCHEMAS;
