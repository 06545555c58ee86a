import { isUtf8 } from 'node:buffer';
import { MAX_NESTING, MAX_VALUE_BYTES } from '../../model/index.js';
import type { Decoded, Poison, RawMessage } from './cloud-event.js';
import { poison } from './cloud-event.js';
import { STRUCTURED_CONTENT_TYPE } from './encode.js';
import { toCloudEvent } from './envelope.js';
import { parseStrictJson } from './strict-json.js';

type Headers = RawMessage['headers'];

/**
 * Reads a Kafka record as a CloudEvent: structured mode with or without its content-type, or binary mode (Kafka
 * protocol binding 1.0.2). Never throws. `no_value` is a record without a value that is no binary event either.
 * @param maxNesting of the JSON in the value; the outermost object is level 1.
 */
export function decodeEvent(raw: RawMessage, maxNesting: number = MAX_NESTING): Decoded {
  const { value, headers } = raw;
  if (value !== null && value.length > MAX_VALUE_BYTES) {
    return poison('too_large', `${value.length} bytes, at most ${MAX_VALUE_BYTES} are taken`);
  }
  const contentType = contentTypeOf(headers);
  if (contentType.startsWith('application/cloudevents')) {
    if (contentType !== 'application/cloudevents+json' && contentType !== 'application/cloudevents') {
      return poison(
        'not_a_cloudevent',
        'of the structured formats only application/cloudevents+json is taken',
      );
    }
    return value === null ? noValue() : decodeStructured(value, maxNesting);
  }
  if (isBinary(headers)) return decodeBinary(value, headers, contentType, maxNesting);
  return value === null ? noValue() : decodeStructured(value, maxNesting);
}

const noValue = (): Poison => poison('no_value', 'the record has no value');

function decodeStructured(value: Buffer, maxNesting: number): Decoded {
  const parsed = parseStrictJson(value, maxNesting);
  return parsed.ok ? toCloudEvent(parsed.value) : parsed;
}

function decodeBinary(
  value: Buffer | null,
  headers: Headers,
  contentType: string,
  maxNesting: number,
): Decoded {
  if (contentType !== '' && !/^[^/]+\/(?:[^/]+\+)?json$/.test(contentType)) {
    return poison('not_json', 'of the content types only JSON is taken');
  }
  const event: Record<string, unknown> = {};
  for (const header of Object.keys(headers)) {
    const name = /^ce_([a-z0-9]+)$/i.exec(header)?.[1]?.toLowerCase();
    if (name === undefined || name === 'data' || name === 'datacontenttype') continue;
    const text = lookUp(headers, header);
    if (text === null) return poison('not_utf8', `header ce_${name} is not UTF-8`);
    if (text?.includes('\0')) return poison('nul_character', `a NUL character in header ce_${name}`);
    event[name] = text;
  }
  if (contentType !== '') event.datacontenttype = contentType;
  if (value !== null && value.length > 0) {
    const parsed = parseStrictJson(value, maxNesting);
    if (!parsed.ok) return parsed;
    event.data = parsed.value;
  }
  return toCloudEvent(event);
}

const STRUCTURED = Buffer.from(STRUCTURED_CONTENT_TYPE);

/** Nearly all messages say what Cerebro and the SDK say. */
function contentTypeOf(headers: Headers): string {
  const given = headers['content-type'];
  if (given instanceof Buffer && given.equals(STRUCTURED)) return 'application/cloudevents+json';
  return mediaType(lookUp(headers, 'content-type'));
}

/** Lower case, without parameters; empty when there is none or it cannot be read. */
function mediaType(text: string | null | undefined): string {
  return text ? text.split(';', 1)[0]!.trim().toLowerCase() : '';
}

function isBinary(headers: Headers): boolean {
  for (const header in headers) if (/^ce_/i.test(header)) return true;
  return false;
}

/** Header names are compared without case. Of a header that comes twice the last one counts. Null: not UTF-8. */
function lookUp(headers: Headers, name: string): string | null | undefined {
  let found = headers[name];
  if (found === undefined) {
    for (const header in headers) if (header.toLowerCase() === name) found = headers[header];
  }
  const last = typeof found === 'string' || Buffer.isBuffer(found) ? found : found?.[found.length - 1];
  if (last === undefined || typeof last === 'string') return last;
  return isUtf8(last) ? last.toString('utf8') : null;
}
