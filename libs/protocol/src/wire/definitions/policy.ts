import { POLICY_LEVELS } from '../../model/index.js';
import { text } from './parts.js';

const level = { type: 'string', enum: [...POLICY_LEVELS] } as const;
const pattern = {
  type: 'object',
  required: ['pattern', 'level'],
  additionalProperties: false,
  properties: {
    pattern: { type: 'string', minLength: 1, maxLength: 500, description: 'A regular expression (RE2).' },
    level,
  },
} as const;
const names = {
  type: 'array',
  minItems: 1,
  items: {
    type: 'string',
    pattern: '^[a-z0-9_*-]{1,130}(\\.[a-z0-9_*-]{1,130})?$',
    $comment: 'a server, or <server>.<task>, in which * stands for any characters',
  },
} as const;
const edges = {
  type: 'array',
  items: {
    type: 'object',
    required: ['from', 'to'],
    additionalProperties: false,
    properties: {
      from: { ...names, description: 'Who depends.' },
      to: { ...names, description: 'On whom.' },
    },
  },
} as const;

const about = (members: readonly string[]) => ({
  type: 'object',
  additionalProperties: false,
  properties: {
    required: {
      type: 'object',
      additionalProperties: false,
      properties: Object.fromEntries(members.map((member) => [member, level])),
    },
    naming: pattern,
  },
});

/** What declarations and jobs must have, and who may depend on whom. */
export const policySchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:policy',
  title: 'policy',
  type: 'object',
  additionalProperties: false,
  properties: {
    description: text,
    servers: about(['version', 'team', 'contact', 'description']),
    tasks: about(['description', 'timeouts', 'argsSchema', 'outputSchema']),
    jobs: about(['description']),
    dependencies: {
      type: 'object',
      required: ['level'],
      additionalProperties: false,
      properties: {
        level,
        allow: { ...edges, description: 'Dependencies between servers are to be among these.' },
        deny: { ...edges, description: 'These are not to be, allowed or not.' },
      },
    },
  },
};
