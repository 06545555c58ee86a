import { args, durationMs, qualifiedName, text } from './parts.js';

const timeouts = {
  type: 'object',
  additionalProperties: false,
  properties: { ackMs: durationMs, startMs: durationMs, completeMs: durationMs },
  description: 'Of this task in this job; those left out are as the task declares them.',
} as const;
const retry = {
  type: 'object',
  additionalProperties: false,
  properties: {
    maxAttempts: { type: 'integer', minimum: 1, maximum: 2_147_483_647 },
    backoffMs: durationMs,
    factor: { type: 'number', minimum: 1, maximum: 1_000 },
    maxBackoffMs: durationMs,
  },
  description: 'Of this task in this job; what is left out is as the task declares it.',
} as const;

/** A job definition: tasks that are run together, with edges and arguments of their own. */
export const jobSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:job',
  title: 'job',
  type: 'object',
  required: ['tasks'],
  additionalProperties: false,
  properties: {
    description: text,
    args: { ...args, description: 'Arguments of every task of the job.' },
    tasks: {
      type: 'array',
      minItems: 1,
      items: {
        type: 'object',
        required: ['task'],
        additionalProperties: false,
        properties: {
          task: qualifiedName,
          dependsOn: {
            type: 'array',
            items: qualifiedName,
            description: 'Edges among the members of the job; the declared ones when left out.',
          },
          args: { ...args, description: 'Arguments of this task in this job.' },
          timeouts,
          retry,
        },
      },
    },
  },
} as const;
