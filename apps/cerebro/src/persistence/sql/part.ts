import { binaryColumn } from './binary-array.js';
import { prepared, sideBySide, type Part, type Scalar, type SqlValue, type Statement } from './statement.js';

/** Of so many rows each value is a parameter of its own: a list of one costs PostgreSQL as much as a lookup by a key. */
export const FEW = 2;
/** Each is planned and kept by each session. */
const MOST_SHAPES = 100;

const textOf = ({ changes, answers }: Part): string =>
  `${changes === '' ? '' : `WITH ${changes}\n   `}SELECT ${answers}`;

/** A statement that may be joined with others to one; the names in it are nobody else's. */
export function part(name: string, own: Part): (...values: readonly SqlValue[]) => Statement {
  const make = prepared(name, textOf(own));
  return (...values) => {
    const statement = make(...values);
    return { name: statement.name, text: statement.text, values: statement.values, part: own };
  };
}

export type Columns<Row> = Readonly<Record<string, readonly [type: string, of: (row: Row) => Scalar]>>;

interface RowsOf<Row> {
  readonly name: string;
  readonly columns: Columns<Row>;
  /** In which everybody locks these rows. */
  readonly order?: string;
  /** @param w where the rows are, by the name of `w` */
  readonly changes: (w: string) => string;
  /** @param count SQL for the number of rows */
  readonly answers: (count: string) => string;
  /** What says the same of many rows more cheaply; it checks nothing. */
  readonly many?: (w: string) => string;
}

/** A statement for rows, which it takes as lists; for a few of them there are texts without, and these are parts. */
export function rowsPart<Row>(it: RowsOf<Row>): (rows: readonly Row[]) => Statement {
  const columns = Object.entries(it.columns);
  const ordered = (w: string): string =>
    it.order === undefined ? w : `(SELECT * FROM ${w} ORDER BY ${it.order}) AS w`;
  const lists = ordered(sideBySide(Object.fromEntries(columns.map(([name, [type]]) => [name, type]))));
  const manyText = it.many?.(lists);
  const own = { changes: it.changes(lists), answers: it.answers(`$${columns.length + 1}`) };
  const text = manyText ?? textOf(own);
  const many = prepared(it.name, text);
  // Not all ask for the number of rows, and no more may be sent than a text has places for.
  const isCounted = text.includes(`$${columns.length + 1}`);
  const few = Array.from({ length: FEW }, (_, n) => {
    const w = n === 0 ? oneRow(columns) : ordered(someRows(columns, n + 1));
    return part(`${it.name}_${n + 1}`, { changes: it.changes(w), answers: it.answers(String(n + 1)) });
  });
  return (rows) => {
    const make = few[rows.length - 1];
    if (make) return make(...rows.flatMap((row) => columns.map(([, [, of]]) => of(row))));
    const values = columns.map(([, [type, of]]) => binaryColumn(type, rows, of) ?? rows.map(of));
    return isCounted ? many(...values, rows.length) : many(...values);
  };
}

type Entries = readonly (readonly [name: string, column: readonly [type: string, of: unknown]])[];

const oneRow = (columns: Entries): string =>
  `(SELECT ${columns.map(([name, [type]], n) => `$${n + 1}::${type} AS ${name}`).join(', ')}) AS w`;

function someRows(columns: Entries, count: number): string {
  const row = (_: unknown, at: number): string =>
    `(${columns.map(([, [type]], n) => `$${at * columns.length + n + 1}::${type}`).join(', ')})`;
  const rows = Array.from({ length: count }, row).join(', ');
  return `(VALUES ${rows}) AS w (${columns.map(([name]) => name).join(', ')})`;
}

interface Shape {
  readonly name: string;
  readonly text: string;
}
const shapes = new Map<string, Shape>();

/**
 * Statements that follow each other, as one: each by itself costs PostgreSQL and the coordinator as much again as a lookup
 * by a key. They are carried out in their order, since their answers are asked for in it, but see nothing of each other: no
 * row may be changed by two of them. When one of them is no part, all stay as they are.
 * https://www.postgresql.org/docs/current/queries-with.html#QUERIES-WITH-MODIFYING
 */
export function joined(statements: readonly Statement[]): readonly Statement[] {
  let key = '';
  for (const statement of statements) {
    if (!statement.part) return statements;
    key += `${statement.name} `;
  }
  if (!shapes.has(key) && (statements.length < 2 || shapes.size >= MOST_SHAPES)) return statements;
  const { name, text } = shapes.get(key) ?? newShape(key, statements);
  return [{ name, text, values: statements.flatMap(({ values }) => values) }];
}

function newShape(key: string, statements: readonly Statement[]): Shape {
  const changes: string[] = [];
  const answers: string[] = [];
  let before = 0;
  for (const { part: own, values } of statements) {
    const renumbered = (sql: string): string =>
      sql.replaceAll(/\$(\d+)/g, (_, number: string) => `$${Number(number) + before}`);
    if (own && own.changes !== '') changes.push(renumbered(own.changes));
    if (own) answers.push(renumbered(own.answers));
    before += values.length;
  }
  const text = textOf({ changes: changes.join(', '), answers: answers.join(', ') });
  // A longer name than 63 characters would be cut off.
  const shape = { name: `cordyna_joined_${shapes.size + 1}`, text };
  shapes.set(key, shape);
  return shape;
}
