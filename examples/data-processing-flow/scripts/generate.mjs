// Makes File A and File B, always the same ones for the same number of rows: node generate.mjs FOLDER [ROWS]
import { mkdir, rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FILE_A, FILE_B } from './columns.mjs';
import { writeSheet } from './sheet.mjs';

const isinOf = (index) => `XF${String(index).padStart(9, '0')}${index % 10}`;
/** Anything between 0 and 1, by index. */
const chance = (index, salt) => {
  const value = Math.sin(index * 12.9898 + salt * 78.233) * 43_758.5453;
  return value - Math.floor(value);
};

function* pricesOf(rows) {
  for (let index = 0; index < rows; index += 1)
    yield [isinOf(index), Math.round(chance(index, 1) * 50_000) / 100 + 1];
}

/** Two of three have subscriptions; besides there are some of which no price is known. */
function* subscriptionsOf(rows) {
  for (let index = rows + Math.ceil(rows / 20) - 1; index >= 0; index -= 1)
    if (index >= rows || index % 3 !== 0) yield [isinOf(index), Math.floor(chance(index, 2) * 1_000)];
}

/** A file appears under its name when it is whole. */
async function make(folder, name, columns, rows) {
  const path = join(folder, name);
  if (await stat(path).catch(() => undefined)) return false;
  await writeSheet(join(folder, `.${name}`), columns, rows);
  await rename(join(folder, `.${name}`), path);
  return true;
}

/** Leaves files that are there as they are. @returns the names of those it made */
export async function generate(folder, rows) {
  await mkdir(folder, { recursive: true });
  const a = await make(folder, 'a.xlsx', FILE_A, pricesOf(rows));
  const b = await make(folder, 'b.xlsx', FILE_B, subscriptionsOf(rows));
  return [...(a ? ['a.xlsx'] : []), ...(b ? ['b.xlsx'] : [])];
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [folder = '.', rows = '1000'] = process.argv.slice(2);
  console.log(await generate(folder, Number(rows)));
}
