import { ValidateIf } from 'class-validator';
import { JSONSchema } from 'class-validator-jsonschema';
import type { JsonObject, RequestTrigger, RunScope } from '../../model/index.js';
import { QUALIFIED_NAME_PATTERN, REQUEST_TRIGGERS, RUN_SCOPES } from '../../model/index.js';
import { Absent, Doc, JsonMap, MapOfObjects, OneOf, Optional, Text } from './constraints.js';
import { MAX_KEY_CHARACTERS, QualifiedName, Reference, Uuid } from './fields.js';

@JSONSchema({
  description: 'Asks for a run of a task or of a job; exactly one of the two.',
  oneOf: [{ required: ['task'] }, { required: ['job'] }],
})
export class RunRequestDto {
  @Doc('Qualified name.')
  @ValidateIf((request: RunRequestDto) => request.task !== undefined || request.job === undefined)
  @QualifiedName()
  task?: string;

  @Doc('`<server>.<job>` for one that a server declared, a bare name for one made over HTTP.')
  @Optional()
  @Reference()
  @Absent('task')
  job?: string;

  @Doc('Win over those of the task definition.')
  @Optional()
  @JsonMap()
  args?: JsonObject;

  @Doc('For single tasks of the run, by qualified name; win over `args`.')
  @Optional()
  @MapOfObjects(QUALIFIED_NAME_PATTERN, '<server>.<task>')
  taskArgs?: { [task: string]: JsonObject };

  @Doc('`downstream` (default): the task and all that depends on it. `task`: it alone.')
  @Optional()
  @OneOf(RUN_SCOPES)
  scope?: RunScope;

  @Doc('Unique per task or job for at least 7 days; a repetition gives the first run.')
  @Optional()
  @Text({ min: 1, max: MAX_KEY_CHARACTERS })
  idempotencyKey?: string;

  @Doc('The id that the run shall have.')
  @Optional()
  @Uuid()
  run?: string;

  @Doc('What made the caller ask: `file` when a file did. It is the kind of the trigger of the run.')
  @Optional()
  @OneOf(REQUEST_TRIGGERS)
  trigger?: RequestTrigger;
}
