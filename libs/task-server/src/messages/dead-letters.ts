import type { BusRecord, OutMessage } from '@cordyna/bus';
import type { DeadLetterReason } from '@cordyna/protocol/model';
import { deadLetterHeaders, deadLetterValue } from '@cordyna/protocol/wire';

/** A command that cannot be read, as it was, with the reason. */
export function deadLetter(
  topic: string,
  record: BusRecord,
  reason: DeadLetterReason,
  detail: string,
): OutMessage {
  const { value, truncated } = deadLetterValue(record.value);
  const headers = deadLetterHeaders({
    reason,
    detail,
    topic: record.topic,
    partition: record.partition,
    offset: record.offset,
    truncated,
  });
  return { topic, key: record.key, value, headers };
}
