import type { CloudEvent } from './cloud-event.js';

export const STRUCTURED_CONTENT_TYPE = 'application/cloudevents+json; charset=UTF-8';

export interface EncodedMessage {
  readonly value: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

const STRUCTURED_HEADERS = Object.freeze({ 'content-type': STRUCTURED_CONTENT_TYPE });

/** Structured mode, as Cerebro and the SDK emit it: the value is the whole event. */
export function encodeStructured<T>(event: CloudEvent<T>): EncodedMessage {
  return { value: Buffer.from(JSON.stringify(event)), headers: STRUCTURED_HEADERS };
}

/** Binary mode: the attributes are headers, the value is the data. */
export function encodeBinary<T>(event: CloudEvent<T>): EncodedMessage {
  const headers: Record<string, string> = { 'content-type': event.datacontenttype ?? 'application/json' };
  for (const [name, value] of Object.entries(event)) {
    if (name === 'data' || name === 'datacontenttype' || value === undefined || value === null) continue;
    headers[`ce_${name}`] = String(value);
  }
  return { value: Buffer.from(JSON.stringify(event.data)), headers };
}
