import { readFile } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CliError } from './cli-error.js';

/** The text of a file, or for "-" of the standard input. @throws CliError */
export async function readText(file: string, input: () => Readable): Promise<string> {
  if (file === '-') return text(input());
  try {
    return await readFile(file, 'utf8');
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : String(cause);
    throw new CliError(`${file} cannot be read: ${why}.`, 'Name a file, or "-" for standard input.', {
      cause,
    });
  }
}
