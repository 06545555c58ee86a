import { EVENT_NAME_PATTERN, NAME_PATTERN, QUALIFIED_NAME_PATTERN } from '../../model/index.js';

/** Parts of the JSON Schemas of definitions; `$comment` completes the sentence "must be …". */
const RULE = '1 to 64 of a-z, 0-9, "_", "-", with a letter or digit at both ends';

export const name = { type: 'string', pattern: NAME_PATTERN, $comment: `a name: ${RULE}` } as const;
export const qualifiedName = {
  type: 'string',
  pattern: QUALIFIED_NAME_PATTERN,
  $comment: `<server>.<name>, each ${RULE}`,
} as const;
export const jobName = {
  type: 'string',
  pattern: `${NAME_PATTERN}|${QUALIFIED_NAME_PATTERN}`,
  $comment: `the name of a job, or <server>.<job>, each ${RULE}`,
} as const;
export const eventName = {
  type: 'string',
  pattern: EVENT_NAME_PATTERN,
  $comment: '1 to 200 of letters, digits, "_", ".", ":", "-", with a letter, digit or "_" at both ends',
} as const;
export const text = { type: 'string', maxLength: 4_000 } as const;
export const args = { type: 'object' } as const;
/** A century: with it, every time in the future is still one that JavaScript and PostgreSQL can hold. */
export const durationMs = { type: 'integer', minimum: 1, maximum: 3_155_760_000_000 } as const;
export const time = { type: 'string', format: 'date-time' } as const;
