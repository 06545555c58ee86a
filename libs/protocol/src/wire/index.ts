export type { CloudEvent, Decoded, FieldError, Poison, RawMessage } from './cloudevents/cloud-event.js';
export { decodeEvent } from './cloudevents/decode.js';
export type { EncodedMessage, EncodedText, EventText } from './cloudevents/encode.js';
export {
  encodeBinary,
  encodeStructured,
  jsonText,
  STRUCTURED_CONTENT_TYPE,
  structuredTextOf,
} from './cloudevents/encode.js';
export { ATTRIBUTE_LIMITS, isTraceparent, toCloudEvent } from './cloudevents/envelope.js';
export { parseStrictJson } from './cloudevents/strict-json.js';
export { isTimestamp } from './cloudevents/timestamps.js';
export { CEREBRO_SOURCE_PREFIX, FACT_TYPES, isFromCerebro, UPDATE_TYPES } from './messages/allowed-types.js';
export type { DeadLetterOrigin } from './messages/dead-letter.js';
export { DEAD_LETTER_HEADERS, deadLetterHeaders, deadLetterValue } from './messages/dead-letter.js';
export { cordynaFileSchema, FILE_SECTIONS, validateFileSections } from './definitions/file.js';
export type { FileSection } from './definitions/file.js';
export { definitionSchema, validateDefinition } from './definitions/index.js';
export type { DecodedMessage, GoodMessage, PoisonMessage } from './messages/decode-message.js';
export { decodeMessage, MAX_COMMAND_NESTING } from './messages/decode-message.js';
export type { TopicSizing, TopicSpec } from './topics/topic-specs.js';
export {
  COMMAND_FENCE_MS,
  commandsTopicSpec,
  DEFAULT_PARTITIONS,
  MAX_MESSAGE_BYTES,
  topicSpecs,
} from './topics/topic-specs.js';
export type { TopicKind, Topics } from './topics/topics.js';
export { DEFAULT_PREFIX, TOPIC_KINDS, topicsOf } from './topics/topics.js';
export type { Validation } from './validation/validate-data.js';
export { allSchemas, isMessageType, schemaOf, validateData } from './validation/validate-data.js';
