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

export interface EncodedText {
  readonly value: string;
  readonly headers: EncodedMessage['headers'];
}

const PLAIN = /^[ !#-[\]-~]*$/;
/** A JSON string. Most texts of messages need no escape: to see that takes half as long as to look for them. */
export const jsonText = (text: string): string => (PLAIN.test(text) ? `"${text}"` : JSON.stringify(text));

/** An event whose data is JSON text already. */
export interface EventText {
  readonly id: string;
  readonly type: string;
  readonly time: string;
  readonly subject: string;
  readonly traceparent: string | undefined;
  readonly data: string;
}

/**
 * Structured mode for a sender of many events: the same text as of an event with these members in this order, and what
 * all of a type have in common is written once. Ids and times are not escaped: letters and digits, and RFC 3339. Data is JSON where nothing says what it is.
 */
export function structuredTextOf(source: string): (event: EventText) => EncodedText {
  const middles = new Map<string, string>();
  return ({ id, type, time, subject, traceparent, data }) => {
    let middle = middles.get(type);
    if (middle === undefined) {
      middle = `","source":${JSON.stringify(source)},"type":${JSON.stringify(type)},"time":"`;
      middles.set(type, middle);
    }
    const trace = traceparent === undefined ? '' : `"traceparent":${jsonText(traceparent)},`;
    const attributes = `{"specversion":"1.0","id":"${id}${middle}${time}","subject":${jsonText(subject)}`;
    const value = `${attributes},${trace}"data":${data}}`;
    return { value, headers: STRUCTURED_HEADERS };
  };
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
