import { MAX_DEAD_LETTER_BYTES, type DeadLetterReason } from '@cordyna/protocol/model';
import type { Where } from '../inbound.js';
import type { DeadLetterRow } from '../ports/index.js';

/** A dead letter keeps value and key as they were, the value to its first 900 KiB. */
export function deadLetterOf(where: Where, reason: DeadLetterReason, detail: string): DeadLetterRow {
  const truncated = (where.value?.length ?? 0) > MAX_DEAD_LETTER_BYTES;
  return {
    reason,
    detail,
    topic: where.topic,
    partition: where.partition,
    offset: where.offset,
    key: where.key,
    value: truncated ? (where.value?.subarray(0, MAX_DEAD_LETTER_BYTES) ?? null) : where.value,
    truncated,
  };
}
