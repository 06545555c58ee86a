import { CATCH_UPS, OVERLAPS, QUALIFIED_NAME_PATTERN, RUN_SCOPES } from '../../model/index.js';
import { args, durationMs, jobName, qualifiedName, text, time } from './parts.js';

/** A schedule that no task declares, or what overrides parts of a declared one. */
export const scheduleSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:schedule',
  title: 'schedule',
  type: 'object',
  additionalProperties: false,
  properties: {
    description: text,
    task: qualifiedName,
    job: jobName,
    scope: { type: 'string', enum: [...RUN_SCOPES] },
    args: { ...args, description: 'Arguments of every run.' },
    taskArgs: {
      type: 'object',
      propertyNames: { pattern: QUALIFIED_NAME_PATTERN, $comment: 'a qualified name' },
      additionalProperties: { type: 'object' },
    },
    everyMs: { ...durationMs, description: 'Due every so often. Excludes `cron`.' },
    cron: { type: 'string', minLength: 1, maxLength: 256, description: '5 or 6 fields. Excludes `everyMs`.' },
    timezone: {
      type: 'string',
      minLength: 1,
      maxLength: 64,
      description: 'IANA zone of `cron`. Default UTC.',
    },
    daylightSaving: {
      type: 'string',
      enum: ['once', 'skip'],
      description: 'A local time that the clocks skip: due once at the change (default), or not at all.',
    },
    overlap: { type: 'string', enum: [...OVERLAPS], description: 'Default skip.' },
    catchUp: { type: 'string', enum: [...CATCH_UPS], description: 'Default last.' },
    catchUpLimit: { type: 'integer', minimum: 1, maximum: 1_000, description: 'Of `all`. Default 100.' },
    startsAt: { ...time, description: 'Nothing is due before; the anchor of `everyMs`.' },
    endsAt: { ...time, description: 'Nothing is due after.' },
  },
} as const;
