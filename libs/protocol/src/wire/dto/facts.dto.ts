import type { RunState } from '../../model/index.js';
import { RUN_STATES } from '../../model/index.js';
import { ItemDto, TriggerDto } from './commands.dto.js';
import { Doc, MapOfCounts, Nested, OneOf, Optional, Text } from './constraints.js';
import { Count, Id, QualifiedName, Reference } from './fields.js';

@Doc('A run exists.')
export class RunCreatedDto {
  @Id()
  run!: string;

  @Doc('The task that was asked for.')
  @Optional()
  @QualifiedName()
  task?: string;

  @Doc('The job that was asked for.')
  @Optional()
  @Reference()
  job?: string;

  @Nested(() => TriggerDto)
  trigger!: TriggerDto;
}

@Doc('Nothing more can run. Comes again after a retry of the run.')
export class RunFinishedDto {
  @Id()
  run!: string;

  @OneOf(RUN_STATES)
  state!: RunState;

  @Doc('Tasks by state.')
  @MapOfCounts()
  counts!: { [state: string]: number };

  @Nested(() => TriggerDto)
  trigger!: TriggerDto;
}

@Doc('A command was decided for this attempt.')
export class TaskInvokedDto {
  @Id()
  invocation!: string;

  @Id()
  run!: string;

  @QualifiedName()
  task!: string;

  @Count(1)
  attempt!: number;

  @Optional()
  @Nested(() => ItemDto)
  item?: ItemDto;
}

/** A task of a run ended without an attempt of its own, or beside it. */
export class TaskFactDto {
  @Id()
  run!: string;

  @QualifiedName()
  task!: string;

  @Optional()
  @Nested(() => ItemDto)
  item?: ItemDto;
}

@Doc('Something upstream failed.')
export class TaskBlockedDto extends TaskFactDto {
  @Doc('The task whose error blocks this one.')
  @QualifiedName()
  blockedBy!: string;
}

@Doc('It does not run in this run.')
export class TaskSkippedDto extends TaskFactDto {
  @Text()
  reason!: string;
}

@Doc('It was cancelled with its run.')
export class TaskCancelledDto extends TaskFactDto {
  @Optional()
  @Text()
  reason?: string;
}
