import { durationMs, text } from './parts.js';

const MAX_EVENTS = 100;
const DAY_MS = 86_400_000;
const type = { type: 'string', minLength: 1, maxLength: 256 } as const;

/** Which events complete a set. */
export const eventSetSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:event-set',
  title: 'event set',
  type: 'object',
  required: ['events'],
  additionalProperties: false,
  properties: {
    description: text,
    events: {
      type: 'array',
      minItems: 1,
      maxItems: MAX_EVENTS,
      items: type,
      description: 'CloudEvents types.',
    },
    complete: { type: 'string', enum: ['all', 'any'], description: 'Default all.' },
    atLeast: {
      type: 'integer',
      minimum: 1,
      maximum: MAX_EVENTS,
      description: 'So many of them. Excludes `complete`.',
    },
    filters: {
      type: 'object',
      additionalProperties: { type: 'object' },
      description: 'Type → JSON Schema of the data: what does not fit is filtered.',
    },
    windowMs: {
      ...durationMs,
      maximum: 30 * DAY_MS,
      description: 'From the first to the last event of a completion. Default 30 days.',
    },
    correlate: {
      type: 'string',
      pattern: '^(/([^/~]|~[01])*)+$',
      maxLength: 256,
      $comment: 'a JSON pointer, such as /order/id',
      description: 'Into the data: events with the same value there belong together.',
    },
    latched: {
      type: 'boolean',
      description: 'An event that happened counts from then on and is not used up. Default false.',
    },
  },
} as const;
