import { isJsonObject } from '../../model/index.js';
import type { CloudEvent, Decoded } from './cloud-event.js';
import { poison } from './cloud-event.js';
import { isTimestamp } from './timestamps.js';

/** In characters. The four are parts of database keys, whose entries are limited to a few kilobytes. */
export const ATTRIBUTE_LIMITS = { id: 512, source: 1024, type: 256, subject: 1024 } as const;

const URI_REFERENCE = /^(?:[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=]|%[0-9A-Fa-f]{2})+$/;
const TRACEPARENT = /^[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?$/;

/** W3C trace context, version 00 or later. */
export const isTraceparent = (text: string): boolean => TRACEPARENT.test(text);

/**
 * Takes an object as a CloudEvent, or says why it is none. A member that is null is the same as one that is left out
 * (JSON event format, section 3.1); an event without data has the data `{}`.
 */
export function toCloudEvent(candidate: unknown): Decoded {
  if (!isJsonObject(candidate)) return poison('not_a_cloudevent', 'the value is not a JSON object');
  const event: Record<string, unknown> = candidate;
  for (const key of Object.keys(event)) if (event[key] === null) delete event[key];
  const problem = envelopeProblem(event);
  if (problem) return poison('not_a_cloudevent', problem);
  if ('data_base64' in event)
    return poison('invalid_data', 'data_base64 is not taken: data must be a JSON object');
  if (typeof event.traceparent === 'string' && !isTraceparent(event.traceparent)) delete event.traceparent;
  event.data ??= {};
  if (!isJsonObject(event.data)) return poison('invalid_data', 'data must be a JSON object');
  return { ok: true, event: event as CloudEvent };
}

function envelopeProblem(event: Record<string, unknown>): string | null {
  if (event.specversion !== '1.0') return 'specversion must be "1.0"';
  return (
    required(event, 'id') ??
    required(event, 'source') ??
    required(event, 'type') ??
    optional(event, 'subject') ??
    optional(event, 'traceparent') ??
    optional(event, 'datacontenttype') ??
    (URI_REFERENCE.test(event.source as string) ? null : 'source must be a URI-reference') ??
    optional(event, 'time') ??
    (event.time === undefined || isTimestamp(event.time as string) ? null : 'time must be RFC 3339')
  );
}

function required(event: Record<string, unknown>, name: 'id' | 'source' | 'type'): string | null {
  const value = event[name];
  if (typeof value !== 'string' || value.length === 0) return `${name} must be a string that is not empty`;
  return value.length > ATTRIBUTE_LIMITS[name]
    ? `${name} is longer than ${ATTRIBUTE_LIMITS[name]} characters`
    : null;
}

function optional(event: Record<string, unknown>, name: string): string | null {
  const value = event[name];
  if (value === undefined) return null;
  if (typeof value !== 'string') return `${name} must be a string`;
  return name === 'subject' && value.length > ATTRIBUTE_LIMITS.subject
    ? `subject is longer than ${ATTRIBUTE_LIMITS.subject} characters`
    : null;
}
