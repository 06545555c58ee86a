import type { MigrationInterface, QueryRunner } from 'typeorm';

const COLUMNS = `p.run, (p.first_seq + e.place - 1)::int AS seq, to_timestamp((e.entry->>0)::float8 / 1000) AS at, p.recorded_at,
  e.entry->>1 AS source, e.entry->>2 AS type, e.entry->>3 AS task, (e.entry->>4)::int AS item,
  (e.entry->>5)::bigint AS attempt, (e.entry->>6)::boolean AS applied, e.entry->>7 AS reason, e.entry->>8 AS topic,
  (e.entry->>9)::int AS partition, (e.entry->>10)::bigint AS "offset", e.entry->11 AS data, p.xid, p.first_seq, p.last_seq`;

const viewOf = (entries: string): string => `
CREATE VIEW history AS
SELECT ${COLUMNS}
FROM history_parts p CROSS JOIN LATERAL jsonb_array_elements(${entries}) WITH ORDINALITY AS e (entry, place);`;

const UP = `
-- What is written once and seldom read is taken apart by who reads it.
DROP VIEW history;
ALTER TABLE history_parts ALTER COLUMN entries TYPE text, ALTER COLUMN entries SET STORAGE EXTERNAL;
ALTER TABLE run_seeds ALTER COLUMN seed TYPE text, ALTER COLUMN seed SET STORAGE EXTERNAL;
${viewOf('p.entries::jsonb')}

-- Rows of a transaction are next to each other without their keys, and share an entry.
DROP INDEX history_stream;
CREATE INDEX history_stream ON history_parts (xid);

-- One index for the key and for who asks by server; has_pending changes within the page.
DROP INDEX run_servers_pending;
ALTER TABLE run_servers DROP CONSTRAINT run_servers_pkey, ADD PRIMARY KEY (server, run);

ALTER TABLE runs SET (fillfactor = 50);`;

const DOWN = `
ALTER TABLE runs SET (fillfactor = 70);
ALTER TABLE run_servers DROP CONSTRAINT run_servers_pkey, ADD PRIMARY KEY (run, server);
CREATE INDEX run_servers_pending ON run_servers (server, run) WHERE has_pending;
DROP INDEX history_stream;
CREATE INDEX history_stream ON history_parts (xid, run, first_seq);
DROP VIEW history;
ALTER TABLE run_seeds ALTER COLUMN seed TYPE jsonb USING seed::jsonb;
ALTER TABLE history_parts ALTER COLUMN entries TYPE jsonb USING entries::jsonb, ALTER COLUMN entries SET STORAGE EXTERNAL;
${viewOf('p.entries')}`;

/** Histories and seeds are stored as text, and fewer indexes are touched by what changes often. */
export class TextsAndKeys1763812000000 implements MigrationInterface {
  readonly name = 'TextsAndKeys1763812000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(UP);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(DOWN);
  }
}
