import type { InstanceState } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('instances')
export class InstanceEntity {
  @PrimaryColumn('text')
  server!: string;

  @PrimaryColumn('text')
  instance!: string;

  @Column('text')
  state!: InstanceState;

  @Column('boolean')
  heartbeats!: boolean;

  @Column('timestamptz', { name: 'last_seen' })
  lastSeen!: Date;

  @Column('double precision', { name: 'clock_skew_ms', nullable: true })
  clockSkewMs!: number | null;
}
