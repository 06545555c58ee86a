import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('schedule_firings')
export class ScheduleFiringEntity {
  @PrimaryColumn('text')
  schedule!: string;

  @PrimaryColumn('timestamptz', { name: 'scheduled_for' })
  scheduledFor!: Date;

  @Column('text')
  outcome!: string;

  @Column('uuid', { nullable: true })
  run!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;
}
