import type { Changes } from '../../../coordination/ports/index.js';
import { rowsPart } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';

type Move = Changes['positions'][number];

// Rows are written in the order in which everybody locks them: to lock them beforehand would be a second write of each.
const move = rowsPart<Move>({
  name: 'positions_move',
  columns: {
    topic: ['text', ({ topic }) => topic],
    partition: ['int', ({ partition }) => partition],
    was: ['bigint', ({ from }) => String(from)],
    next: ['bigint', ({ to }) => String(to)],
  },
  order: 'topic, partition',
  changes: (w) => `moved AS (
     UPDATE positions p SET next_offset = w.next, updated_at = now() FROM ${w}
     WHERE p.topic = w.topic AND p.partition = w.partition AND p.next_offset = w.was
     RETURNING 1
   )`,
  answers: (count) => `cordyna_expect((SELECT count(*) FROM moved), ${count}, 'positions')`,
});

const begin = prepared(
  'positions_begin',
  `WITH begun AS (
     INSERT INTO positions (topic, partition, next_offset)
     SELECT * FROM unnest($1::text[], $2::int[], $3::bigint[]) AS w (topic, partition, next)
     ORDER BY topic, partition
     ON CONFLICT DO NOTHING
     RETURNING 1
   )
   SELECT cordyna_expect(count(*), $4, 'new positions') FROM begun`,
);

/** Compares each position with the one that was read, and moves it. */
export function movePositions(positions: Changes['positions']): Statement[] {
  const statements: Statement[] = [];
  const known = positions.filter(({ from }) => from !== null);
  const fresh = positions.filter(({ from }) => from === null);
  if (known.length > 0) statements.push(move(known));
  if (fresh.length > 0) {
    statements.push(
      begin(
        fresh.map(({ topic }) => topic),
        fresh.map(({ partition }) => partition),
        fresh.map(({ to }) => String(to)),
        fresh.length,
      ),
    );
  }
  return statements;
}
