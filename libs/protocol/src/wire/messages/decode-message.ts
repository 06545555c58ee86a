import { isUtf8 } from 'node:buffer';
import { isName, MAX_NESTING } from '../../model/index.js';
import type { CloudEvent, FieldError, Poison, RawMessage } from '../cloudevents/cloud-event.js';
import { poison } from '../cloudevents/cloud-event.js';
import { decodeEvent } from '../cloudevents/decode.js';
import type { TopicKind } from '../topics/topics.js';
import { validateData } from '../validation/validate-data.js';
import { ALLOWED_TYPES, FACT_TYPES, isFromCerebro, TOLERANT_TOPICS } from './allowed-types.js';
import { plainUpdate } from './plain-update.js';

/** A command wraps outputs that were at most 32 deep themselves: `inputs` › task › items of a `forEach`. */
export const MAX_COMMAND_NESTING = MAX_NESTING + 4;

export interface GoodMessage {
  readonly ok: true;
  readonly event: CloudEvent;
  /**
   * False: nothing to act on, and its data was not validated. On `events` what Cerebro itself says, on `commands` and
   * `registrations` a type that this version does not know, on `signals` always: their data is the sender's own.
   */
  readonly known: boolean;
}

export interface PoisonMessage extends Poison {
  /** A null value on `declarations` under this server's name: it withdraws. No dead letter. */
  readonly withdraws?: string;
}

export type DecodedMessage = GoodMessage | PoisonMessage;

/** Reads a record of a topic: CloudEvent, a type that belongs on the topic, data as the type asks for. Never throws. */
export function decodeMessage(kind: TopicKind, raw: RawMessage): DecodedMessage {
  if (kind === 'declarations' && raw.value === null) return tombstone(raw.key);
  const plain = kind === 'events' ? plainUpdate(raw) : null;
  if (plain) return { ok: true, event: plain, known: true };
  const decoded = decodeEvent(raw, kind === 'commands' ? MAX_COMMAND_NESTING : MAX_NESTING);
  if (!decoded.ok) return decoded;
  const { event } = decoded;
  const standing = kind === 'signals' ? 'other' : standingOf(kind, event);
  if (standing === 'other') return { ok: true, event, known: false };
  if (standing !== 'known') return { ...standing, event };
  const validation = validateData(event.type, event.data);
  if (!validation.ok) return invalidData(event, validation.errors);
  const good = validation.value === event.data ? event : { ...event, data: validation.value };
  if (kind === 'declarations' && keyText(raw.key) !== good.data.server) {
    return { ...poison('key_mismatch', 'the key of a declaration must be its server'), event: good };
  }
  return { ok: true, event: good, known: true };
}

function standingOf(kind: Exclude<TopicKind, 'signals'>, event: CloudEvent): 'known' | 'other' | Poison {
  if (kind === 'events' && isFromCerebro(event.source)) return 'other';
  if (ALLOWED_TYPES[kind].has(event.type)) return 'known';
  if (TOLERANT_TOPICS.has(kind)) return 'other';
  if (kind === 'events' && FACT_TYPES.has(event.type)) {
    return poison('forbidden_source', `only Cerebro says ${event.type}`);
  }
  return poison('unknown_type', `this type does not belong on ${kind}`);
}

function tombstone(key: Buffer | null): PoisonMessage {
  const server = keyText(key);
  const withdrawn = poison('no_value', 'a declaration without a value');
  return server !== null && isName(server) ? { ...withdrawn, withdraws: server } : withdrawn;
}

const keyText = (key: Buffer | null): string | null =>
  key !== null && isUtf8(key) ? key.toString('utf8') : null;

function invalidData(event: CloudEvent, errors: readonly FieldError[]): Poison {
  const shown = errors.slice(0, 5).map(({ path, message }) => `${path || '/'} ${message}`);
  const more = errors.length > shown.length ? [`and ${errors.length - shown.length} more`] : [];
  return { ...poison('invalid_data', [...shown, ...more].join('; ')), event, errors };
}
