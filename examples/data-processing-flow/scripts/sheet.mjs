import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import ExcelJS from 'exceljs';
import { COLUMNS } from './columns.mjs';

/** What is wrong with a file, in words for who made it. */
export class SheetError extends Error {}

const valueOf = (cell) => {
  if (cell === null || cell === undefined || typeof cell !== 'object' || cell instanceof Date) return cell;
  if (cell.richText) return cell.richText.map(({ text }) => text).join('');
  return 'result' in cell ? cell.result : (cell.text ?? cell.error);
};

/**
 * The rows of the first sheet, one after the other, as arrays in the order of `names`; other columns are passed over.
 * @throws SheetError that names file, row and column
 */
export async function* rowsOf(path, names) {
  const file = basename(path);
  const options = { worksheets: 'emit', sharedStrings: 'cache', hyperlinks: 'ignore', styles: 'ignore' };
  let places;
  let count = 0;
  try {
    for await (const sheet of new ExcelJS.stream.xlsx.WorkbookReader(path, options)) {
      for await (const row of sheet) {
        if (!places) {
          places = placesOf(file, row.values, names);
          continue;
        }
        if (row.values.length <= 1) continue;
        count += 1;
        yield names.map((name, index) => checked(file, row.number, name, valueOf(row.values[places[index]])));
      }
      break;
    }
  } catch (error) {
    if (error instanceof SheetError) throw error;
    throw new SheetError(`${file} is no .xlsx file that can be read: ${error.message}`, { cause: error });
  }
  if (!places)
    throw new SheetError(`${file} is empty: its first row must name the columns ${names.join(', ')}`);
  if (count === 0) throw new SheetError(`${file} has no rows below the names of its columns`);
}

function placesOf(file, header, names) {
  const found = [...header].map((cell) => String(valueOf(cell) ?? '').trim());
  const places = names.map((name) => found.indexOf(name));
  const missing = names.filter((_, index) => places[index] < 0);
  if (missing.length === 0) return places;
  const has = found.filter((name) => name !== '').join(', ') || 'none';
  throw new SheetError(`${file}: the column ${missing.join(', ')} is missing; its columns are: ${has}`);
}

function checked(file, row, name, cell) {
  const { read, fits, wanted } = COLUMNS[name];
  const value = read(cell);
  if (fits(value)) return value;
  const what = value === null || value === undefined ? 'nothing' : JSON.stringify(value);
  throw new SheetError(`${file}, row ${row}: ${name} must be ${wanted}, not ${what}`);
}

/** Rows between two looks at what has been written. */
const TURN = 500;

/** Writes one sheet, or nothing; `rows` are arrays, sync or async. @returns how many rows it wrote */
export async function writeSheet(path, names, rows) {
  try {
    return await write(path, names, rows);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

async function write(path, names, rows) {
  const options = { filename: path, useStyles: false, useSharedStrings: false };
  const workbook = new ExcelJS.stream.xlsx.WorkbookWriter(options);
  const sheet = workbook.addWorksheet('Sheet1');
  sheet.addRow(names).commit();
  let count = 0;
  for await (const row of rows) {
    sheet.addRow(row).commit();
    count += 1;
    // The writer takes all it is given at once: so it is given no more than it can write.
    if (count % TURN === 0) await new Promise((resolve) => setImmediate(resolve));
  }
  await workbook.commit();
  return count;
}
