import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('task_progress')
export class TaskProgressEntity {
  @PrimaryColumn('uuid')
  run!: string;

  @PrimaryColumn('text')
  invocation!: string;

  @Column('double precision', { nullable: true })
  percent!: number | null;

  @Column('text', { nullable: true })
  message!: string | null;
}
