/** What may stand in a column; `number` gives DuckDB's type, `fits` says what is wrong with a cell, if anything. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

const text = {
  type: 'VARCHAR',
  read: (value) => (typeof value === 'number' ? String(value) : value),
  fits: (value) => typeof value === 'string' && value.trim() !== '',
  wanted: 'a text',
};
const number = {
  type: 'DOUBLE',
  read: (value) => value,
  fits: (value) => typeof value === 'number' && Number.isFinite(value),
  wanted: 'a number',
};
const time = {
  type: 'VARCHAR',
  read: (value) => (value instanceof Date ? value.toISOString() : value),
  fits: (value) => typeof value === 'string' && TIME.test(value),
  wanted: 'a time such as 2026-11-21T10:00:00.000Z',
};

export const COLUMNS = {
  isin: text,
  nav: number,
  subscriptions: number,
  time_started: time,
  z_score_nav: number,
};

export const FILE_A = ['isin', 'nav'];
export const FILE_B = ['isin', 'subscriptions'];
