import { randomUUID } from 'node:crypto';

/** CloudEvents 1.0 on Kafka: binary mode out, both modes in. */

/**
 * @param {{ type: string, source: string, subject?: string, traceparent?: string, id?: string }} attributes
 * @param {object} data
 */
export function binaryMessage(key, { type, source, subject, traceparent, id = randomUUID() }, data) {
  const headers = {
    'content-type': 'application/json',
    ce_specversion: '1.0',
    ce_id: id,
    ce_source: source,
    ce_type: type,
    ce_time: new Date().toISOString(),
  };
  if (subject) headers.ce_subject = subject;
  if (traceparent) headers.ce_traceparent = traceparent;
  return { key, value: JSON.stringify(data), headers };
}

/** @returns the event, or undefined when the record is none: a server goes on with the next one. */
export function readEvent({ value, headers = {} }) {
  if (!value) return undefined;
  try {
    const body = JSON.parse(value.toString('utf8'));
    if (!headers.ce_type) return typeof body?.type === 'string' ? body : undefined;
    const event = { data: body };
    for (const [name, text] of Object.entries(headers))
      if (name.startsWith('ce_')) event[name.slice(3)] = String(text);
    return event;
  } catch {
    return undefined;
  }
}
