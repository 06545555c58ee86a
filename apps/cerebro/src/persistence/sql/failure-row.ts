import { RowType, type HistoryRow } from '@cordyna/engine';
import type { FailureKind } from '../../coordination/ports/index.js';

/** A row of a history that the failure log shows. */
export interface FailureRow {
  readonly run: string;
  readonly seq: number;
  readonly kind: FailureKind;
  readonly server: string | null;
  readonly instance: string | null;
  readonly task: string | null;
  readonly attempt: number | null;
  readonly reason: string;
  readonly detail: string;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: string | null;
}

/** Errors that watchdogs write. */
const WATCHDOGS: ReadonlyMap<unknown, FailureKind> = new Map([
  ['ack_timeout', 'timeout'],
  ['start_timeout', 'timeout'],
  ['completion_timeout', 'timeout'],
  ['server_lost', 'lost'],
]);

interface OwnError {
  readonly code?: unknown;
  readonly message?: unknown;
}

/** What was refused, and attempts that a watchdog ended; null for all else. A server may call its errors as it likes. */
export function failureOf(run: string, row: HistoryRow): FailureRow | null {
  if (!row.applied)
    return {
      ...common(run, row),
      kind: 'refused',
      reason: row.reason ?? '',
      detail: `${row.type} from ${row.source}`,
    };
  if (row.type !== RowType.taskError || !row.source.startsWith('/cerebro/')) return null;
  const { code, message } = (row.data['error'] ?? {}) as OwnError;
  const kind = WATCHDOGS.get(code);
  if (!kind) return null;
  return {
    ...common(run, row),
    kind,
    reason: String(code),
    detail: typeof message === 'string' ? message : '',
  };
}

function common(run: string, { seq, task, attempt, topic, partition, offset, data }: HistoryRow) {
  const instance = typeof data['instance'] === 'string' ? data['instance'] : null;
  const server = task?.split('.', 1)[0] || null;
  return { run, seq, server, instance, task, attempt, topic, partition, offset };
}
