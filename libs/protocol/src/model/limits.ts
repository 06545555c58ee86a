/** Largest Kafka value that is accepted or sent, in bytes. */
export const MAX_VALUE_BYTES = 1024 * 1024;
/** Largest task output as JSON, in bytes. */
export const MAX_OUTPUT_BYTES = 768 * 1024;
/** A produce request is split so that one partition gets at most this many bytes at once. */
export const MAX_SEND_BYTES_PER_PARTITION = 900 * 1024;
/** Bytes of a refused value that its dead letter keeps. */
export const MAX_DEAD_LETTER_BYTES = 900 * 1024;
/** Deepest nesting of a message's JSON; the outermost object is level 1. */
export const MAX_NESTING = 32;
/** Elements of one `forEach`. */
export const MAX_ITEMS = 10_000;
