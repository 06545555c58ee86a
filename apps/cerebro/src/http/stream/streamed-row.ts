import type { Queries } from '../../coordination/index.js';
import { redactHistory } from '../redact.js';

/** A history row as it goes to every client: made once. */
export interface StreamedRow {
  readonly run: string;
  readonly cursor: string;
  /** The same for the same row, whichever cursor it was read by. */
  readonly key: string;
  /** As of WHATWG HTML, server-sent events. */
  readonly block: string;
}

type Read = Awaited<ReturnType<Queries['stream']>>['rows'][number];

export function toStreamedRow({ cursor, run, row }: Read): StreamedRow {
  // JSON.stringify writes no line breaks, which would end the field.
  const data = JSON.stringify({ run, ...redactHistory(row) });
  const type = row.type.replace(/[\r\n]/g, ' ');
  return {
    run,
    cursor,
    key: `${run}/${row.seq}`,
    block: `id: ${cursor}\nevent: ${type}\ndata: ${data}\n\n`,
  };
}
