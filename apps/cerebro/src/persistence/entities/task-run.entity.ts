import type { JsonValue, TaskError, TaskState } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('task_runs')
export class TaskRunEntity {
  @PrimaryColumn('uuid')
  run!: string;

  @PrimaryColumn('integer')
  index!: number;

  @Column('text')
  task!: string;

  @Column('text')
  server!: string;

  @Column('integer', { name: 'item_index', nullable: true })
  itemIndex!: number | null;

  @Column('jsonb', { nullable: true })
  item!: JsonValue;

  @Column('text')
  state!: TaskState;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('text', { name: 'blocked_by', nullable: true })
  blockedBy!: string | null;

  @Column('integer')
  attempt!: number;

  @Column('text', { nullable: true })
  invocation!: string | null;

  @Column('text', { nullable: true })
  instance!: string | null;

  @Column('timestamptz', { name: 'invoked_at', nullable: true })
  invokedAt!: Date | null;

  @Column('timestamptz', { name: 'queued_at', nullable: true })
  queuedAt!: Date | null;

  @Column('timestamptz', { name: 'started_at', nullable: true })
  startedAt!: Date | null;

  @Column('timestamptz', { name: 'finished_at', nullable: true })
  finishedAt!: Date | null;

  @Column('jsonb', { nullable: true })
  output!: JsonValue;

  @Column('jsonb', { nullable: true })
  error!: TaskError | null;
}
