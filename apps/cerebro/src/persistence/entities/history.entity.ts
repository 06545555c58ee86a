import type { JsonObject } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';

/** An entry of `history_parts`, as the view unfolds it. */
@Entity('history')
export class HistoryEntity {
  @PrimaryColumn('uuid')
  run!: string;

  @PrimaryColumn('integer')
  seq!: number;

  @Column('timestamptz')
  at!: Date;

  @Column('timestamptz', { name: 'recorded_at' })
  recordedAt!: Date;

  @Column('text')
  source!: string;

  @Column('text')
  type!: string;

  @Column('text', { nullable: true })
  task!: string | null;

  @Column('integer', { nullable: true })
  item!: number | null;

  /** Decimal: a sender may say any integer. */
  @Column('bigint', { nullable: true })
  attempt!: string | null;

  @Column('boolean')
  applied!: boolean;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text', { nullable: true })
  topic!: string | null;

  @Column('integer', { nullable: true })
  partition!: number | null;

  /** Decimal: offsets have 64 bits. */
  @Column('bigint', { nullable: true })
  offset!: string | null;

  @Column('jsonb')
  data!: JsonObject;

  /** xid8, which TypeORM does not know; decimal, as it has 64 bits. */
  @Column('bigint')
  xid!: string;

  /** Of the row that has this entry: what is asked of these is found without unfolding all others. */
  @Column('integer', { name: 'first_seq' })
  firstSeq!: number;

  @Column('integer', { name: 'last_seq' })
  lastSeq!: number;
}
