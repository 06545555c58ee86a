import type { DeadLetterReason, JsonObject } from '../../model/index.js';

/** A CloudEvents 1.0 event whose data is a JSON object; every other member is an extension attribute. */
export interface CloudEvent<T = JsonObject> {
  readonly specversion: '1.0';
  readonly id: string;
  readonly source: string;
  readonly type: string;
  /** RFC 3339, by the sender's clock. */
  readonly time?: string;
  readonly subject?: string;
  /** W3C trace context; one that is not well-formed is left out when decoding, as that specification asks. */
  readonly traceparent?: string;
  readonly datacontenttype?: string;
  readonly data: T;
  readonly [extension: string]: unknown;
}

type HeaderValue = Buffer | string;

/** A Kafka record as any client library gives it. */
export interface RawMessage {
  readonly key: Buffer | null;
  readonly value: Buffer | null;
  readonly headers: Readonly<Record<string, HeaderValue | readonly HeaderValue[] | undefined>>;
}

export interface FieldError {
  /** JSON pointer into the data, e.g. `/tasks/0/name`; empty for the data itself. */
  readonly path: string;
  readonly message: string;
}

/** What cannot be taken, and why; never an exception, since one would stop a consumer. */
export interface Poison {
  readonly ok: false;
  readonly reason: DeadLetterReason;
  /** For people. Quotes nothing of the message: there may be a lease in it. */
  readonly detail: string;
  /** The event, when it could be read as one before something else in it was refused. */
  readonly event?: CloudEvent;
  /** With reason `invalid_data`: what is wrong with the fields. */
  readonly errors?: readonly FieldError[];
}

export type Decoded = { readonly ok: true; readonly event: CloudEvent } | Poison;

export const poison = (reason: DeadLetterReason, detail: string): Poison => ({ ok: false, reason, detail });
