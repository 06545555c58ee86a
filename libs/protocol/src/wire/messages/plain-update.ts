import { EventType, isJsonObject, isQualifiedName, MAX_NESTING } from '../../model/index.js';
import type { JsonObject } from '../../model/index.js';
import type { CloudEvent, RawMessage } from '../cloudevents/cloud-event.js';
import { STRUCTURED_CONTENT_TYPE } from '../cloudevents/encode.js';
import { parseStrictJson } from '../cloudevents/strict-json.js';
import { isTimestamp } from '../cloudevents/timestamps.js';

/** What is longer is output for the most part, which takes its time either way. */
const MAX_PLAIN_BYTES = 4 * 1024;
/** What identifies: some others may be longer. */
const MAX_ID_CHARACTERS = 256;
const MAX_DIGITS = 9;
const MAX_REMEMBERED = 10_000;
/** The event and its data, which an output is in. */
const LEVELS_ABOVE_OUTPUT = 2;
const STRUCTURED = Buffer.from(STRUCTURED_CONTENT_TYPE);

/** Members and their order as the SDK writes them, of characters that are never escaped and one byte each. */
const PLAIN = new RegExp(
  [
    '^{"specversion":"1\\.0","id":"([\\w-]+)","source":"(/servers/[\\w./-]+)",',
    '"type":"(cordyna\\.task\\.(?:queued|started|completed)\\.v1)","time":"([\\d:.TZ-]+)",',
    '"subject":"([\\w.-]+)",',
    '"data":{"invocation":"([\\w-]+)","run":"([\\w-]+)","task":"([\\w.-]+)",',
    '"attempt":([1-9]\\d*),"lease":"([\\w-]*)","instance":"([\\w.-]+)"(}}$|,)',
  ].join(''),
);
const END = '}}';
const OUTPUT = '"output":';
const NO_OUTPUT = `${OUTPUT}{}${END}`;
const POSITION = /^"position":(0|[1-9]\d{0,8})}}$/;

/**
 * An update as the SDK writes it, read in one go; null: it is written in another way, or something in it is for the
 * readers of everything to judge. What is given is what they would give.
 */
export function plainUpdate({ value, headers }: RawMessage): CloudEvent | null {
  if (value === null || value.length > MAX_PLAIN_BYTES) return null;
  const contentType = headers['content-type'];
  if (!(contentType instanceof Buffer) || !contentType.equals(STRUCTURED)) return null;
  const text = value.toString('latin1');
  const found = PLAIN.exec(text) as unknown as Found | null;
  if (found === null || !isShort(found) || !isTask(found[8]) || !isTimestamp(found[4])) return null;
  const data = dataOf(found, value, text);
  if (data === null) return null;
  const [, id, source, type, time, subject] = found;
  return { specversion: '1.0', id, source: shared(source), type, time, subject, data };
}

/** All of them have matched. */
type Found = readonly [
  ...[all: string, id: string, source: string, type: string, time: string, subject: string],
  ...[invocation: string, run: string, task: string, attempt: string, lease: string, instance: string],
  next: string,
];

/** Than any of them may be. */
const isShort = ([, id, source, , , subject, invocation, run, , attempt, lease, instance]: Found): boolean =>
  Math.max(id.length, source.length, subject.length, lease.length) <= MAX_ID_CHARACTERS &&
  Math.max(invocation.length, run.length, instance.length) <= MAX_ID_CHARACTERS &&
  attempt.length <= MAX_DIGITS;

function dataOf(found: Found, value: Buffer, text: string): JsonObject | null {
  const [{ length: begin }, , , type, , , invocation, run, , count, lease, , next] = found;
  const [task, attempt, instance] = [shared(found[8]), Number(count), shared(found[11])];
  if (next === END) return { invocation, run, task, attempt, lease, instance };
  if (type === EventType.taskCompleted) {
    const output = outputOf(value, text, begin);
    return output && { invocation, run, task, attempt, lease, instance, output };
  }
  const position = type === EventType.taskQueued ? POSITION.exec(text.slice(begin)) : null;
  return position && { invocation, run, task, attempt, lease, instance, position: Number(position[1]) };
}

function outputOf(value: Buffer, text: string, begin: number): JsonObject | null {
  if (text.length === begin + NO_OUTPUT.length && text.endsWith(NO_OUTPUT)) return {};
  if (!text.startsWith(OUTPUT, begin) || !text.endsWith(END)) return null;
  const bytes = value.subarray(begin + OUTPUT.length, value.length - END.length);
  const output = parseStrictJson(bytes, MAX_NESTING - LEVELS_ABOVE_OUTPUT);
  return output.ok && isJsonObject(output.value) ? output.value : null;
}

/** A part of a text keeps all of it; and what is the same in many updates is compared by what it is, not by its letters. */
function shared(text: string): string {
  const known = texts.get(text);
  if (known !== undefined) return known;
  const own = Buffer.from(text, 'latin1').toString('latin1');
  if (texts.size >= MAX_REMEMBERED) texts.clear();
  texts.set(own, own);
  return own;
}
const texts = new Map<string, string>();

/** Whether it is a qualified name; servers say the same ones all the time. */
function isTask(text: string): boolean {
  if (tasks.has(text)) return true;
  if (!isQualifiedName(text)) return false;
  if (tasks.size >= MAX_REMEMBERED) tasks.clear();
  tasks.add(shared(text));
  return true;
}
const tasks = new Set<string>();
