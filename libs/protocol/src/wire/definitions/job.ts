import { args, qualifiedName, text } from './parts.js';

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
        },
      },
    },
  },
} as const;
