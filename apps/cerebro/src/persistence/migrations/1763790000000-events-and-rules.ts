import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ledger of events, what waits in event sets, firings of rules, and the logs of the Cirrus interface. */
export class EventsAndRules1763790000000 implements MigrationInterface {
  readonly name = 'EventsAndRules1763790000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
CREATE TABLE signals (
  signal      uuid PRIMARY KEY,
  seq         bigint GENERATED ALWAYS AS IDENTITY,
  source      text NOT NULL,
  id          text NOT NULL,
  type        text NOT NULL,
  subject     text,
  data        jsonb NOT NULL,
  force       boolean NOT NULL,
  at          timestamptz NOT NULL,
  received_at timestamptz NOT NULL DEFAULT now(),
  outcome     text NOT NULL
);
CREATE UNIQUE INDEX signals_seq ON signals (seq);
CREATE INDEX signals_id ON signals (id);
CREATE INDEX signals_received ON signals (received_at);
CREATE INDEX signals_pending ON signals (seq) WHERE outcome = 'pending';
CREATE TABLE signal_rules (
  signal  uuid NOT NULL,
  rule    text NOT NULL,
  outcome text NOT NULL,
  reason  text,
  firing  uuid,
  PRIMARY KEY (signal, rule)
);
CREATE TABLE event_states (
  id         text PRIMARY KEY,
  version    bigint NOT NULL DEFAULT 0,
  value      jsonb,
  rule       text,
  event_set  text,
  expires_at timestamptz,
  updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX event_states_expiring ON event_states (expires_at) WHERE expires_at IS NOT NULL;
CREATE INDEX event_states_updated ON event_states (updated_at);
CREATE TABLE rule_firings (
  firing      uuid PRIMARY KEY,
  seq         bigint GENERATED ALWAYS AS IDENTITY,
  version     bigint NOT NULL,
  rule        text NOT NULL,
  state       text NOT NULL,
  at          timestamptz NOT NULL,
  run         uuid,
  finished_at timestamptz,
  value       jsonb NOT NULL
);
CREATE INDEX rule_firings_by_rule ON rule_firings (rule, seq);
CREATE INDEX rule_firings_open ON rule_firings (seq) WHERE state IN ('due', 'running');
CREATE INDEX rule_firings_finished ON rule_firings (finished_at) WHERE finished_at IS NOT NULL;
CREATE TABLE cirrus_queue (
  seq     bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  queue   text NOT NULL,
  name    text NOT NULL,
  payload jsonb NOT NULL,
  at      timestamptz NOT NULL
);
CREATE INDEX cirrus_queue_entries ON cirrus_queue (queue, seq);
CREATE INDEX cirrus_queue_at ON cirrus_queue (at);`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('DROP TABLE signals, signal_rules, event_states, rule_firings, cirrus_queue');
  }
}
