import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('servers')
export class ServerEntity {
  @PrimaryColumn('text')
  server!: string;

  @Column('text', { nullable: true })
  version!: string | null;

  @Column('text', { nullable: true })
  team!: string | null;

  @Column('text', { nullable: true })
  contact!: string | null;

  @Column('text', { nullable: true })
  description!: string | null;

  @Column('text', { array: true })
  tasks!: string[];

  @Column('jsonb')
  notices!: string[];

  @Column('timestamptz', { name: 'withdrawn_at', nullable: true })
  withdrawnAt!: Date | null;
}
