import {
  INBOUND_TOPICS,
  POISON_HEADER,
  type Evidence,
  type Fault,
  type LogRecord,
  type StoredDeadLetter,
} from './evidence.js';
import type { Violation } from './verdict.js';

const LETTERS = 'dead-letters';
const TOPIC = 'cordyna-topic';
/** So long after a fault what is late may be late because of it. */
const CALM_MS = 30_000;
const NEAR_MS = 3_000;
/** On a machine that is slow for all, each topic has its own luck. */
const SLACK = 1.5;

const where = ({ topic, partition, offset }: { topic: string; partition: number; offset: number }): string =>
  `${topic}/${partition}@${offset}`;

/** I8: what the load made to be unreadable is dead-lettered once, in the table and on the topic, without delay. */
export const checkPoison = (evidence: Evidence): Violation[] =>
  [...miscounted(evidence), ...delayed(evidence)].map((what) => ({ invariant: 'I8', what }));

function miscounted({ records, deadLetters }: Evidence): string[] {
  const found: string[] = [];
  const poison = records.filter(
    ({ topic, headers }) =>
      (INBOUND_TOPICS as readonly string[]).includes(topic) && headers[POISON_HEADER] !== undefined,
  );
  const letters = { table: count(deadLetters.map(where)), topic: count(namedByLetters(records)) };
  for (const id of poison.map(where)) {
    for (const [place, counts] of Object.entries(letters)) {
      const copies = counts.get(id) ?? 0;
      if (copies !== 1) found.push(`poison ${id} has ${copies} dead letters in the ${place}`);
    }
  }
  const isPoison = new Set(poison.map(where));
  for (const letter of deadLetters)
    if (!isPoison.has(where(letter)))
      found.push(`${where(letter)} is a dead letter (${letter.reason}) and is no poison`);
  return found;
}

function count(all: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const one of all) counts.set(one, (counts.get(one) ?? 0) + 1);
  return counts;
}

/** Topics are named with the installation's prefix there. */
const namedByLetters = (records: readonly LogRecord[]): string[] =>
  records
    .filter(({ topic }) => topic === LETTERS)
    .map(({ headers: { [TOPIC]: topic = '', ...headers } }) => {
      const name = topic.slice(topic.indexOf('.') + 1);
      return `${name}/${headers['cordyna-partition']}@${headers['cordyna-offset']}`;
    });

function delayed({ records, runs, deadLetters, faults, limits }: Evidence): string[] {
  return waits(records, deadLetters).flatMap(({ id, atMs, lateMs }) => {
    if (lateMs <= limits.poisonMs || !isCalm(atMs, lateMs, faults)) return [];
    const others = latest(runs, records, atMs);
    if (lateMs <= SLACK * others + limits.poisonMs) return [];
    return [`poison ${id} was in the way for ${Math.round(lateMs)} ms, others for ${Math.round(others)} ms`];
  });
}

/** How long each was in the log before its dead letter was written. */
function waits(records: readonly LogRecord[], deadLetters: readonly StoredDeadLetter[]) {
  const sent = new Map(records.map((record) => [where(record), record.timestampMs]));
  return deadLetters.map((letter) => {
    const id = where(letter);
    return { id, atMs: letter.atMs, lateMs: letter.atMs - (sent.get(id) ?? letter.atMs) };
  });
}

/** The longest that any good record had waited that was applied about then: a slow machine is slow for all. */
function latest(runs: Evidence['runs'], records: readonly LogRecord[], atMs: number): number {
  const near = runs.flatMap(({ history }) =>
    history.filter(({ topic, recordedMs }) => topic !== null && Math.abs(recordedMs - atMs) < NEAR_MS),
  );
  if (near.length === 0) return 0;
  const appended = new Map<string, number>();
  for (const record of records) appended.set(where(record), record.timestampMs);
  return near.reduce((most, { topic, partition, offset, recordedMs }) => {
    const at = appended.get(`${topic}/${partition}@${offset}`);
    return at === undefined ? most : Math.max(most, recordedMs - at);
  }, 0);
}

const isCalm = (atMs: number, lateMs: number, faults: readonly Fault[]): boolean =>
  faults.every((fault) => atMs < fault.atMs || atMs - lateMs > fault.healedMs + CALM_MS);
