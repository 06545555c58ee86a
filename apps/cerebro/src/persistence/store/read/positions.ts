import { positionOf, type Loaded } from '../../../coordination/ports/index.js';
import { prepared } from '../../sql/statement.js';

export const lockPositions = prepared(
  'positions_lock',
  `SELECT 1 FROM positions p JOIN unnest($1::text[], $2::int[]) AS w (topic, partition)
     ON p.topic = w.topic AND p.partition = w.partition
   ORDER BY p.topic, p.partition FOR UPDATE OF p`,
);

export const selectPositions = prepared(
  'positions_select',
  `SELECT p.topic, p.partition, p.next_offset
   FROM unnest($1::text[], $2::int[]) AS w (topic, partition)
   JOIN positions p ON p.topic = w.topic AND p.partition = w.partition`,
);

export interface PositionRow {
  readonly topic: string;
  readonly partition: number;
  readonly next_offset: string;
}

export const positionsOf = (rows: readonly PositionRow[]): Loaded['positions'] =>
  new Map(
    rows.map(({ topic, partition, next_offset: next }) => [positionOf(topic, partition), BigInt(next)]),
  );
