import { writeFile } from 'node:fs/promises';
import { SheetError } from './sheet.mjs';

/** Runs a job on the paths of its command line; what it gives is the output of the task. */
export async function job(work) {
  try {
    const output = await work(...process.argv.slice(2));
    console.log(
      Object.entries(output)
        .map(([name, value]) => `${name}: ${value}`)
        .join(', '),
    );
    const { CORDYNA_OUTPUT_FILE: file } = process.env;
    if (file) await writeFile(file, JSON.stringify(output));
  } catch (error) {
    console.error(error instanceof SheetError ? error.message : error);
    process.exitCode = 1;
  }
}
