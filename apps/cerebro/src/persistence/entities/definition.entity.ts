import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { countTransformer } from './bigint.js';

@Entity('definitions')
export class DefinitionEntity {
  @PrimaryColumn('text')
  kind!: DefinitionKind;

  @PrimaryColumn('text')
  name!: string;

  @PrimaryColumn('bigint', { transformer: countTransformer })
  version!: number;

  @Column('jsonb', { nullable: true })
  body!: JsonObject | null;

  @Column('text', { nullable: true })
  author!: string | null;

  @Column('text', { nullable: true })
  reason!: string | null;

  @Column('timestamptz')
  at!: Date;
}
