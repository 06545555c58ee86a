import type { ForEachOnError, JsonObject } from '../../model/index.js';
import { FOR_EACH_ON_ERROR } from '../../model/index.js';
import {
  Doc,
  EmptyByDefault,
  JsonMap,
  Nested,
  NestedList,
  Numeric,
  OneOf,
  Optional,
  Text,
} from './constraints.js';
import { Count, DurationMs, Name, Reference, ReferenceList } from './fields.js';

@Doc('Time limits of one attempt; those left out have their defaults.')
export class TimeoutsDto {
  @Doc('From publication of the invoke to `queued` or `started`. Default 10000.')
  @Optional()
  @DurationMs()
  ackMs?: number;

  @Doc('From `queued` to `started`. Default 600000.')
  @Optional()
  @DurationMs()
  startMs?: number;

  @Doc('From `started` to the end. Default 1800000.')
  @Optional()
  @DurationMs()
  completeMs?: number;
}

@Doc('What happens after an error that may be retried: the wait is backoffMs × factor^(failures - 1), ±20 %.')
export class RetryDto {
  @Doc('Attempts in all, the first one included. Default 1.')
  @Optional()
  @Count(1)
  maxAttempts?: number;

  @Doc('Wait after the first failure. Default 1000.')
  @Optional()
  @DurationMs(0)
  backoffMs?: number;

  @Doc('Default 2.')
  @Optional()
  @Numeric(1, 1_000)
  factor?: number;

  @Doc('Longest wait. Default 60000.')
  @Optional()
  @DurationMs(0)
  maxBackoffMs?: number;
}

@Doc('How many attempts of a task go on at once, over all runs.')
export class LimitDto {
  @Count(1)
  max!: number;

  @Doc('Name of an argument: the limit holds for each of its values by itself. Left out: for all together.')
  @Optional()
  @Text({ min: 1, max: 256 })
  key?: string;
}

@Doc('One task of a server.')
export class TaskDeclarationDto {
  @Doc('Unique within the server.')
  @Name()
  name!: string;

  @Optional()
  @Text()
  description?: string;

  @Doc('Tasks that must complete first; a bare name is a task of the same server.')
  @Optional()
  @ReferenceList()
  dependsOn?: string[];

  @Doc('Runs every so often. Excludes `cron`.')
  @Optional()
  @DurationMs()
  everyMs?: number;

  @Doc('Runs at these times: 5 or 6 fields. Excludes `everyMs`.')
  @Optional()
  @Text({ min: 1, max: 256 })
  cron?: string;

  @Doc('IANA time zone of `cron`. Default UTC.')
  @Optional()
  @Text({ min: 1, max: 64 })
  timezone?: string;

  @Doc('Arguments of every run; later sources win over them.')
  @Optional()
  @JsonMap()
  args?: JsonObject;

  @Optional()
  @Nested(() => TimeoutsDto)
  timeouts?: TimeoutsDto;

  @Optional()
  @Nested(() => RetryDto)
  retry?: RetryDto;

  @Doc('A task whose output is `{ "items": [ … ] }`: this one runs once per item. A dependency too.')
  @Optional()
  @Reference()
  forEach?: string;

  @Doc(
    'Of a `forEach`: `block` (default) what depends on the whole when an element failed, or `continue`: it gets `{}` of it.',
  )
  @Optional()
  @OneOf(FOR_EACH_ON_ERROR)
  onError?: ForEachOnError;

  @Doc('Of a `forEach`: so many elements of a run are under way at once. Left out: all of them.')
  @Optional()
  @Count(1)
  concurrency?: number;

  @Doc('What waits for a place stays `pending`; the oldest run goes first.')
  @Optional()
  @NestedList(() => LimitDto)
  limits?: LimitDto[];

  @Doc('JSON Schema 2020-12 of the merged arguments.')
  @Optional()
  @JsonMap()
  argsSchema?: JsonObject;

  @Doc('JSON Schema 2020-12 of the output.')
  @Optional()
  @JsonMap()
  outputSchema?: JsonObject;
}

@Doc('One member of a job.')
export class JobTaskDto {
  @Reference()
  task!: string;

  @Doc('Edges among the members of the job; the declared ones when left out.')
  @Optional()
  @ReferenceList()
  dependsOn?: string[];

  @Optional()
  @JsonMap()
  args?: JsonObject;
}

@Doc('Tasks that are run together, by a name.')
export class JobDto {
  @Doc('Unique within the server.')
  @Name()
  name!: string;

  @Optional()
  @Text()
  description?: string;

  @Optional()
  @JsonMap()
  args?: JsonObject;

  @NestedList(() => JobTaskDto)
  tasks!: JobTaskDto[];
}

@Doc('A server declares itself: the newest declaration replaces the one before it.')
export class ServerDeclaredDto {
  @Doc('Also the key of the record.')
  @Name()
  server!: string;

  @Optional()
  @Text()
  version?: string;

  @Optional()
  @Text()
  team?: string;

  @Optional()
  @Text()
  contact?: string;

  @Optional()
  @Text()
  description?: string;

  @Optional()
  @EmptyByDefault()
  @NestedList(() => TaskDeclarationDto)
  tasks!: TaskDeclarationDto[];

  @Optional()
  @NestedList(() => JobDto)
  jobs?: JobDto[];
}
