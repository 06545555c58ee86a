import type { JsonObject, TaskError } from '@cordyna/protocol/model';
import { MAX_OUTPUT_BYTES } from '@cordyna/protocol/model';
import { parseStrictJson } from '@cordyna/protocol/wire';
import { errorText } from '../log.js';
import { failureCode, TaskFailure } from './task-failure.js';
import { busText } from './texts.js';

/** How an attempt ended, as it goes on the bus. */
export type Outcome =
  /** `text`: the output as JSON. */
  | { readonly kind: 'completed'; readonly output: JsonObject; readonly text: string }
  | { readonly kind: 'error'; readonly error: TaskError };

const MESSAGE_BYTES = 8 * 1024;
const EXPLANATION_BYTES = 32 * 1024;
/** The output is the third level of its message: event, data, output; the protocol allows 32. */
const OUTPUT_NESTING = 30;

/** What a handler gave back; nothing (undefined, null) is the empty output. */
export function outcomeOfOutput(output: unknown): Outcome {
  if (output === undefined || output === null) return emptyOutput();
  if (typeof output !== 'object' || Array.isArray(output)) {
    const what = Array.isArray(output) ? 'an array' : `a ${typeof output}`;
    return refusedOutput('output_not_an_object', `the handler returned ${what}; return an object or nothing`);
  }
  let text: string | undefined;
  try {
    text = JSON.stringify(output);
  } catch (error) {
    return refusedOutput('output_not_json', `the output cannot be written as JSON: ${errorText(error)}`);
  }
  // An object's own toJSON may give anything.
  if (text === undefined || !text.startsWith('{')) {
    return refusedOutput('output_not_an_object', 'the output is no JSON object; return an object or nothing');
  }
  if (text === EMPTY) return emptyOutput();
  const bytes = Buffer.from(text, 'utf8');
  if (bytes.length > MAX_OUTPUT_BYTES) {
    const limit = `${bytes.length} bytes of JSON, at most ${MAX_OUTPUT_BYTES} are taken`;
    return refusedOutput(
      'output_too_large',
      `${limit}; store the data elsewhere and return where it is found`,
    );
  }
  const parsed = parseStrictJson(bytes, OUTPUT_NESTING);
  if (!parsed.ok) return refusedOutput('output_not_json', `the output is not taken: ${parsed.detail}`);
  return { kind: 'completed', output: parsed.value as JsonObject, text };
}

const EMPTY = '{}';
const emptyOutput = (): Outcome => ({ kind: 'completed', output: {}, text: EMPTY });

const refusedOutput = (code: string, message: string): Outcome => ({
  kind: 'error',
  error: { code, message: busText(message, MESSAGE_BYTES), retryable: false },
});

/** What a handler threw. @param aborted the attempt had been cancelled, or the server's time to drain was over */
export function outcomeOfThrown(thrown: unknown, aborted: boolean): Outcome {
  const failure = thrown instanceof TaskFailure ? thrown : undefined;
  const isAbort = aborted && isError(thrown) && thrown.name === 'AbortError';
  const description = failure?.description ?? describedBy(thrown);
  const stack = isError(thrown) ? stackOf(thrown) : undefined;
  return {
    kind: 'error',
    error: {
      code: failure ? failureCode(failure.code) : isAbort ? 'cancelled' : 'failed',
      message: busText(messageOf(thrown), MESSAGE_BYTES),
      ...(description === undefined ? {} : { description: busText(description, EXPLANATION_BYTES) }),
      retryable: failure?.retryable ?? true,
      ...(stack === undefined ? {} : { stack: busText(stack, EXPLANATION_BYTES) }),
    },
  };
}

/** By its shape: errors of another realm, as in a test runner's sandbox, are no instances of Error here. */
const isError = (thrown: unknown): thrown is Error =>
  thrown instanceof Error ||
  (typeof thrown === 'object' &&
    thrown !== null &&
    typeof (thrown as Partial<Error>).name === 'string' &&
    typeof (thrown as Partial<Error>).message === 'string');

function messageOf(thrown: unknown): string {
  const text = isError(thrown) ? thrown.message || thrown.name : safeString(thrown);
  return text === '' ? 'the handler failed without a message' : text;
}

function safeString(value: unknown): string {
  try {
    return typeof value === 'string' ? value : `the handler threw ${JSON.stringify(value) ?? String(value)}`;
  } catch {
    return `the handler threw a ${typeof value}`;
  }
}

/** An ordinary error may carry an explanation too. */
function describedBy(thrown: unknown): string | undefined {
  const description = (thrown as { description?: unknown } | null | undefined)?.description;
  return typeof description === 'string' ? description : undefined;
}

/** With its causes, outermost first. */
function stackOf(error: Error): string {
  const parts: string[] = [];
  let current: unknown = error;
  for (let depth = 0; depth < 5 && isError(current); depth += 1) {
    parts.push(typeof current.stack === 'string' ? current.stack : `${current.name}: ${current.message}`);
    current = current.cause;
  }
  return parts.join('\ncaused by: ');
}
