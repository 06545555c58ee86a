import { RULE_FIRING_STATES, SIGNAL_OUTCOMES, type JsonObject } from '@cordyna/protocol/model';
import {
  anyObject,
  definition,
  flag,
  list,
  nullableText,
  object,
  oneOf,
  orNull,
  page,
  ref,
  text,
  time,
  nullableTime,
  uuid,
  whole,
} from './schema-parts.js';

const codeAndMessage = orNull(object({ code: text, message: text }));
const event = { signal: uuid, type: text };
const signal = {
  signal: { ...uuid, description: 'Its id in the ledger.' },
  source: text,
  id: text,
  type: text,
  subject: nullableText,
  time: { ...time, description: "By the sender's clock." },
  receivedAt: { ...time, description: "By the database's clock." },
  outcome: { ...oneOf(SIGNAL_OUTCOMES), description: 'The best of what the rules made of it.' },
  rules: list(
    object({
      rule: text,
      outcome: oneOf(SIGNAL_OUTCOMES),
      reason: nullableText,
      firing: nullableText,
      state: { enum: [...RULE_FIRING_STATES, null], description: 'Of the firing.' },
      run: { ...nullableText, description: 'Of its latest attempt.' },
      error: codeAndMessage,
    }),
  ),
};

/** What is told over HTTP: a CloudEvent whose id, source and time may be left out. */
const newSignal: JsonObject = {
  type: 'object',
  required: ['type'],
  properties: {
    specversion: { type: 'string', enum: ['1.0'] },
    id: { ...text, minLength: 1, maxLength: 512 },
    source: { ...text, minLength: 1, maxLength: 1_024, format: 'uri-reference' },
    type: { ...text, minLength: 1, maxLength: 256 },
    subject: { ...text, maxLength: 1_024 },
    time,
    data: anyObject,
  },
};

/** Of events, event sets and rules. */
export const EVENT_SCHEMAS = {
  NewSignal: newSignal,
  SignalTaken: object({
    signal: uuid,
    source: text,
    id: text,
    outcome: oneOf(SIGNAL_OUTCOMES),
    created: { ...flag, description: 'False: the same source and id came before.' },
    rules: { ...list(text), description: 'That fired.' },
  }),
  Signal: object({ ...signal, data: anyObject }),
  SignalPage: page(object(signal)),
  EventSetDefinition: definition('event-set', false),
  NamedEventSet: definition('event-set', true),
  RuleDefinition: definition('rule', false),
  NamedRule: definition('rule', true),
  RuleFiringPage: page(
    object({
      firing: uuid,
      rule: text,
      version: { ...whole, description: 'Of the rule.' },
      at: time,
      state: oneOf(RULE_FIRING_STATES),
      attempt: whole,
      run: nullableText,
      error: codeAndMessage,
      finishedAt: nullableTime,
      events: list(object(event)),
    }),
  ),
  Fuse: object({
    rule: text,
    state: oneOf(['intact', 'blown']),
    firings: { ...whole, description: 'In the minute that is counted.' },
    blown: orNull(object({ at: time, reason: text })),
    reset: orNull(ref('Signed')),
  }),
} satisfies Record<string, JsonObject>;
