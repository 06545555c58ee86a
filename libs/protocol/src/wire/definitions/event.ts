import { text } from './parts.js';

/** What is noted of an event by its name; events happen without it too. */
export const eventSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'urn:cordyna:definition:event',
  title: 'event',
  type: 'object',
  additionalProperties: false,
  properties: { description: text, payload: { description: 'Any JSON.' } },
} as const;
