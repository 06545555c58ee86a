import { isUtf8 } from 'node:buffer';

/**
 * A text as the bus takes it, at most so many UTF-8 bytes: no NUL, no half of a surrogate pair.
 * A message about a failure must arrive whatever stands in it.
 */
export function busText(text: string, maxBytes: number): string {
  const bytes = Buffer.from(text.replaceAll('\0', ''), 'utf8');
  if (bytes.length <= maxBytes) return bytes.toString('utf8');
  let end = maxBytes - 3;
  while (!isUtf8(bytes.subarray(0, end))) end -= 1;
  return `${bytes.toString('utf8', 0, end)}…`;
}
