import { QUALIFIED_NAME_PATTERN, RUN_SCOPES } from '../../model/index.js';
import { args, eventName, jobName, name, qualifiedName, text } from './parts.js';

/** What is done when an event set is complete. */
export const ruleSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:rule',
  title: 'rule',
  type: 'object',
  required: ['eventSet', 'activity'],
  additionalProperties: false,
  properties: {
    description: text,
    eventSet: eventName,
    activity: {
      type: 'object',
      additionalProperties: false,
      description: 'Exactly one of `task`, `job` and `cmd`.',
      properties: {
        task: qualifiedName,
        job: jobName,
        scope: { type: 'string', enum: [...RUN_SCOPES] },
        args,
        taskArgs: {
          type: 'object',
          propertyNames: { pattern: QUALIFIED_NAME_PATTERN, $comment: 'a qualified name' },
          additionalProperties: { type: 'object' },
        },
        eventsAs: {
          type: 'string',
          minLength: 1,
          maxLength: 200,
          description: 'The argument that gets the events of the firing.',
        },
        cmd: { description: '`__auto_trigger__`, or a command for the runner: a text or a list.' },
        task_type: { type: 'string', enum: ['cmd', 'docker'] },
        runner: { ...name, description: 'The task server that runs `cmd`. Default `runner`.' },
        image: { type: 'string', minLength: 1, maxLength: 1_024 },
        env: { description: 'An object, or a list of `NAME=value`.' },
        mounts: { type: 'array', maxItems: 100 },
        cpu_reservation: { description: 'Cores.' },
        mem_reservation: { description: 'Gigabytes.' },
      },
    },
    triggering: { ...eventName, description: 'The event set whose events happen after success.' },
    attempts: { type: 'integer', minimum: 1, maximum: 100, description: 'Of the activity. Default 1.' },
    firingsPerMinute: {
      type: 'integer',
      minimum: 1,
      maximum: 1_000_000,
      description: 'More of them within a minute blow the fuse.',
    },
  },
} as const;
