import type { DeadLetterReason } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('dead_letters')
export class DeadLetterEntity {
  /** Decimal. */
  @PrimaryColumn('bigint')
  id!: string;

  @Column('timestamptz')
  at!: Date;

  @Column('text')
  reason!: DeadLetterReason;

  @Column('text')
  detail!: string;

  @Column('text')
  topic!: string;

  @Column('integer')
  partition!: number;

  /** Decimal: offsets have 64 bits. */
  @Column('bigint')
  offset!: string;

  @Column('bytea', { nullable: true })
  key!: Buffer | null;

  @Column('bytea', { nullable: true })
  value!: Buffer | null;

  @Column('boolean')
  truncated!: boolean;
}
