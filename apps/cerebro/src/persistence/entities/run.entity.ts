import type { RunState, Trigger } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('runs')
export class RunEntity {
  @PrimaryColumn('uuid')
  id!: string;

  @Column('text')
  state!: RunState;

  @Column('text', { nullable: true })
  task!: string | null;

  @Column('text', { nullable: true })
  job!: string | null;

  @Column('text')
  scope!: string;

  @Column('jsonb')
  trigger!: Trigger;

  @Column('timestamptz', { name: 'created_at' })
  createdAt!: Date;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;
}
