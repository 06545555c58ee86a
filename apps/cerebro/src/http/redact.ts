import type { DeadLetterView, HistoryView } from '../coordination/index.js';

const HIDDEN = '[redacted]';
/** Also of a value that was cut within its lease. */
const LEASE = /("lease"\s*:\s*")(?:[^"\\]|\\.)*("|$)/g;
const HIDDEN_LEASE = '$1' + HIDDEN + '$2';
/** Longer values are shown in part; the whole one is on the dead letters' topic. */
const SHOWN_CHARACTERS = 64 * 1024;

/** Histories are stored without leases; whoever forgets it one day does not give them away here. */
export function redactHistory<Row extends Pick<HistoryView, 'data'>>(row: Row): Row {
  return 'lease' in row.data ? { ...row, data: { ...row.data, lease: HIDDEN } } : row;
}

/** A dead letter is the message as it was: its lease may be the one of a current attempt. */
export function redactDeadLetter(letter: DeadLetterView): DeadLetterView {
  if (letter.value === null) return letter;
  const long = letter.value.length > SHOWN_CHARACTERS;
  const shown = long ? letter.value.slice(0, SHOWN_CHARACTERS) : letter.value;
  return { ...letter, value: redactText(shown, letter.encoding), truncated: letter.truncated || long };
}

export function redactText(value: string, encoding: 'utf8' | 'base64'): string {
  if (encoding === 'utf8') return value.replace(LEASE, HIDDEN_LEASE);
  const text = Buffer.from(value, 'base64').toString('latin1').replace(LEASE, HIDDEN_LEASE);
  return Buffer.from(text, 'latin1').toString('base64');
}
