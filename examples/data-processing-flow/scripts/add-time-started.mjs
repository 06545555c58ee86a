// Job 1: adds to each row when the processing of its file began.
import { basename } from 'node:path';
import { FILE_A, FILE_B } from './columns.mjs';
import { job } from './job.mjs';
import { rowsOf, writeSheet } from './sheet.mjs';

await job(async (source, target) => {
  const timeStarted = new Date().toISOString();
  const names = basename(source).startsWith('a') ? FILE_A : FILE_B;
  async function* withTime() {
    for await (const row of rowsOf(source, names)) yield [...row, timeStarted];
  }
  return { rows: await writeSheet(target, [...names, 'time_started'], withTime()), timeStarted };
});
