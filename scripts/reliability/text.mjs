/** Earlier lines of a ledger may lack what later ones count. */
export const sum = (all, key) => all.reduce((total, one) => total + (one[key] ?? 0), 0);
export const number = (value) => value.toLocaleString('en-US');
export const seconds = (ms) => (ms / 1_000).toFixed(1);
const row = (cells) => `| ${cells.join(' | ')} |`;
export const table = (head, rows) => [row(head), row(head.map(() => '---')), ...rows.map(row)].join('\n');
