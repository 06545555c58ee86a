import type { DeadLetterReason } from '../../model/index.js';
import { MAX_DEAD_LETTER_BYTES } from '../../model/index.js';

export interface DeadLetterOrigin {
  readonly reason: DeadLetterReason;
  readonly detail: string;
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint | number | string;
  /** Whether the dead letter holds less than the whole value. */
  readonly truncated: boolean;
}

export const DEAD_LETTER_HEADERS = {
  reason: 'cordyna-reason',
  detail: 'cordyna-detail',
  topic: 'cordyna-topic',
  partition: 'cordyna-partition',
  offset: 'cordyna-offset',
  truncated: 'cordyna-truncated',
} as const;

const MAX_DETAIL_CHARACTERS = 1_000;

/** Headers of the dead letter of a record; its key and value stay as they were. */
export function deadLetterHeaders(origin: DeadLetterOrigin): Record<string, string> {
  return {
    [DEAD_LETTER_HEADERS.reason]: origin.reason,
    [DEAD_LETTER_HEADERS.detail]: wellFormed(origin.detail.slice(0, MAX_DETAIL_CHARACTERS)),
    [DEAD_LETTER_HEADERS.topic]: origin.topic,
    [DEAD_LETTER_HEADERS.partition]: String(origin.partition),
    [DEAD_LETTER_HEADERS.offset]: String(origin.offset),
    [DEAD_LETTER_HEADERS.truncated]: String(origin.truncated),
  };
}

/** The part of a refused value that its dead letter keeps. */
export function deadLetterValue(value: Buffer | null): {
  readonly value: Buffer | null;
  readonly truncated: boolean;
} {
  if (value === null || value.length <= MAX_DEAD_LETTER_BYTES) return { value, truncated: false };
  return { value: value.subarray(0, MAX_DEAD_LETTER_BYTES), truncated: true };
}

/** What encoding would turn into U+FFFD is that already. */
const wellFormed = (text: string): string => Buffer.from(text).toString();
