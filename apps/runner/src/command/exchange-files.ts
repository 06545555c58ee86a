import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isJsonObject } from '@cordyna/protocol/model';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskEvent } from '@cordyna/task-server';

/** The SDK refuses what is larger than its limit for outputs; here it is just kept out of memory. */
const OUTPUT_BYTES = 1024 * 1024;

/** Files by which a program gets what it is invoked with, and gives its output. */
export interface Exchange {
  readonly env: Readonly<Record<string, string>>;
  /** What the program wrote, or undefined. @throws TaskFailure `output_not_json`, `output_too_large` */
  output(): Promise<object | undefined>;
  remove(): Promise<void>;
}

export async function exchangeFor(event: TaskEvent): Promise<Exchange> {
  const dir = await mkdtemp(join(tmpdir(), 'cordyna-runner-'));
  const [eventFile, outputFile] = [join(dir, 'event.json'), join(dir, 'output.json')];
  await writeFile(eventFile, JSON.stringify(event));
  return {
    env: {
      CORDYNA_EVENT_FILE: eventFile,
      CORDYNA_OUTPUT_FILE: outputFile,
      CORDYNA_RUN: event.run,
      CORDYNA_TASK: event.task,
      CORDYNA_ATTEMPT: String(event.attempt),
      CORDYNA_INVOCATION: event.invocation,
    },
    output: () => readOutput(outputFile),
    remove: () => rm(dir, { recursive: true, force: true }),
  };
}

async function readOutput(path: string): Promise<object | undefined> {
  const file = await open(path, 'r').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  if (!file) return undefined;
  try {
    const { size } = await file.stat();
    if (size > OUTPUT_BYTES) {
      const message = `the command wrote ${size} bytes to CORDYNA_OUTPUT_FILE, at most ${OUTPUT_BYTES} are taken`;
      throw TaskFailure.nonRetryable('output_too_large', message);
    }
    return parsed(await file.readFile('utf8'));
  } finally {
    await file.close();
  }
}

function parsed(text: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (isJsonObject(value)) return value;
  } catch (cause) {
    throw TaskFailure.nonRetryable('output_not_json', `CORDYNA_OUTPUT_FILE holds no JSON: ${String(cause)}`, {
      cause,
    });
  }
  throw TaskFailure.nonRetryable('output_not_json', 'CORDYNA_OUTPUT_FILE holds JSON, but no object');
}
