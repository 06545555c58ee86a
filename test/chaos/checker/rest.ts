import { INBOUND_TOPICS, type Evidence } from './evidence.js';
import type { Violation } from './verdict.js';

/** I9: at rest the outbox is empty, and everything is read to its end. */
export function checkRest({ records, outbox, positions }: Evidence): Violation[] {
  const found: Violation[] = [];
  if (outbox > 0)
    found.push({ invariant: 'I9', counts: 'lost', what: `${outbox} messages are left unpublished` });
  const ends = new Map<string, number>();
  for (const { topic, partition, offset } of records) {
    if (!(INBOUND_TOPICS as readonly string[]).includes(topic)) continue;
    const id = `${topic}/${partition}`;
    ends.set(id, Math.max(ends.get(id) ?? 0, offset + 1));
  }
  for (const [id, end] of ends) {
    const at = positions.get(id) ?? 0;
    if (at < end) found.push({ invariant: 'I9', counts: 'lost', what: `${id} is read to ${at} of ${end}` });
    if (at > end) found.push({ invariant: 'I9', what: `${id} is read to ${at}, beyond its end ${end}` });
  }
  return found;
}
