import type { JsonObject, JsonValue, TriggerKind } from '../../model/index.js';
import { TRIGGER_KINDS } from '../../model/index.js';
import {
  AnyJson,
  Doc,
  JsonMap,
  Nested,
  NestedOrNull,
  OneOf,
  Optional,
  Text,
  Timestamp,
} from './constraints.js';
import { Count, DurationMs, Id, QualifiedName } from './fields.js';

@Doc('One element of a `forEach`.')
export class ItemDto {
  @Count()
  index!: number;

  @AnyJson()
  value!: JsonValue;
}

@Doc('What started the run.')
export class TriggerDto {
  @OneOf(TRIGGER_KINDS)
  kind!: TriggerKind;

  @Doc('With kind `schedule`.')
  @Optional()
  @Text()
  schedule?: string;

  @Doc('With kind `schedule`: the due time.')
  @Optional()
  @Timestamp()
  scheduledFor?: string;

  @Doc('CloudEvents `source` of the request.')
  @Optional()
  @Text()
  source?: string;

  @Doc('CloudEvents `id` of the request.')
  @Optional()
  @Text()
  id?: string;

  @Optional()
  @Text()
  job?: string;

  @Doc('With kind `rule`: whose firing it is.')
  @Optional()
  @Text()
  rule?: string;
}

@Doc('Time limits of this attempt.')
export class InvokeTimeoutsDto {
  @Doc('From publication of the invoke to `queued` or `started`.')
  @DurationMs()
  ackMs!: number;

  @Doc('From `queued` to `started`.')
  @DurationMs()
  startMs!: number;

  @Doc('From `started` to the end.')
  @DurationMs()
  completeMs!: number;
}

@Doc('Cerebro invokes a task: its server runs it once per `invocation`.')
export class TaskInvokeDto {
  @Doc('The idempotency key of this attempt.')
  @Id()
  invocation!: string;

  @Id()
  run!: string;

  @QualifiedName()
  task!: string;

  @Count(1)
  attempt!: number;

  @Doc('Null outside a `forEach`.')
  @NestedOrNull(() => ItemDto)
  item!: ItemDto | null;

  @Doc('Merged of the four sources.')
  @JsonMap()
  args!: JsonObject;

  @Doc('Whole outputs of what the task depends on, by qualified task; a list for a `forEach` task.')
  @JsonMap()
  inputs!: JsonObject;

  @Nested(() => TriggerDto)
  trigger!: TriggerDto;

  @Nested(() => InvokeTimeoutsDto)
  timeouts!: InvokeTimeoutsDto;

  @Doc('Publication + `ackMs`, on the clock of the database.')
  @Timestamp()
  expiresAt!: string;

  @Doc('Opaque: echoed in every update.')
  @Text({ min: 1, max: 1024 })
  lease!: string;
}

@Doc('Cerebro ended this attempt itself: its outcome no longer matters.')
export class TaskCancelDto {
  @Id()
  invocation!: string;

  @Id()
  run!: string;

  @QualifiedName()
  task!: string;

  @Text()
  reason!: string;
}
