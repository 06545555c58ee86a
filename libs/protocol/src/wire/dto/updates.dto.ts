import type { JsonObject, JsonValue } from '../../model/index.js';
import { AnyJson, Doc, Flag, JsonMap, Nested, Numeric, Optional, Text } from './constraints.js';
import { Count, ErrorCode, Id, QualifiedName } from './fields.js';

/** What every task state update carries: the first five are echoed from the invoke. */
export class UpdateDto {
  @Id()
  invocation!: string;

  @Doc('Also the key of the record.')
  @Id()
  run!: string;

  @QualifiedName()
  task!: string;

  @Count(1)
  attempt!: number;

  @Doc('Echoed from the invoke.')
  @Text({ max: 1024 })
  lease!: string;

  @Doc('The process that says it.')
  @Id()
  instance!: string;
}

@Doc('Received; the server is busy and has not begun to run it.')
export class TaskQueuedDto extends UpdateDto {
  @Doc('Place in the queue of the instance.')
  @Optional()
  @Count()
  position?: number;
}

@Doc('The server has begun to run it. A free server may skip `queued`.')
export class TaskStartedDto extends UpdateDto {}

@Doc('Shown to people; changes no state.')
export class TaskProgressDto extends UpdateDto {
  @Optional()
  @Numeric(0, 100)
  percent?: number;

  @Optional()
  @Text()
  message?: string;
}

@Doc('A line for people; changes no state.')
export class TaskLogDto extends UpdateDto {
  @Doc('debug, info, warn or error; others are shown as they are.')
  @Text({ min: 1, max: 32 })
  level!: string;

  @Text()
  message!: string;
}

@Doc('Done. One without `started` before it is taken, the stage implied.')
export class TaskCompletedDto extends UpdateDto {
  @Doc('At most 768 KiB as JSON. Default {}.')
  @Optional()
  @JsonMap()
  output?: JsonObject;
}

@Doc('Why a task failed.')
export class TaskErrorDto {
  @Doc('`returned` hands back what was not begun; `unknown_task`: the server has no such task.')
  @ErrorCode()
  code!: string;

  @Text()
  message!: string;

  @Doc("The team's explanation for people.")
  @Optional()
  @Text()
  description?: string;

  @Doc('Default true.')
  @Optional()
  @Flag()
  retryable?: boolean;

  @Optional()
  @Text()
  stack?: string;

  @Optional()
  @AnyJson()
  details?: JsonValue;
}

@Doc('It failed.')
export class TaskErrorUpdateDto extends UpdateDto {
  @Nested(() => TaskErrorDto)
  error!: TaskErrorDto;
}
