import { ValidationPipe, type ArgumentMetadata, type PipeTransform } from '@nestjs/common';
import { ApiPropertyOptional } from '@nestjs/swagger';
import { Transform } from 'class-transformer';
import { IsBoolean, IsIn, IsInt, IsOptional, Length, Matches, Max, Min } from 'class-validator';
import {
  isEventName,
  NAME_PATTERN,
  QUALIFIED_NAME_PATTERN,
  RUN_STATES,
  SIGNAL_OUTCOMES,
  type RunState,
  type SignalOutcome,
} from '@cordyna/protocol/model';
import { FAILURE_KINDS, type FailureKind } from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const QUALIFIED = new RegExp(QUALIFIED_NAME_PATTERN);
const REFERENCE = new RegExp(`${NAME_PATTERN}|${QUALIFIED_NAME_PATTERN}`);
const NAME = new RegExp(NAME_PATTERN);
const LIMIT = 'must be a whole number from 1 to 500';

const invalid = (path: string, message: string): ProblemError =>
  new ProblemError('invalid-parameter', `${path} ${message}`, [{ path, message }]);

/** A run's id in a path, in lower case. */
export class RunIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    const run = value.toLowerCase();
    if (!UUID.test(run)) throw invalid('run', 'must be a UUID');
    return run;
  }
}

/** `<server>.<task>` in a path. */
export class QualifiedTaskPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!QUALIFIED.test(value)) throw invalid('task', 'must be <server>.<task>');
    return value;
  }
}

/** The id of a schedule in a path. */
export class SchedulePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!REFERENCE.test(value)) throw invalid('schedule', 'must be <server>.<task> or a bare name');
    return value;
  }
}

const MAX_KEY = 512;
/** The header `Idempotency-Key`. @throws ProblemError 400 */
export function toKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (header.length >= 1 && header.length <= MAX_KEY) return header;
  throw invalid('Idempotency-Key', `must be a text of 1 to ${MAX_KEY} characters`);
}

const COUNT = 'must be a whole number from 1 to 100';
export class CountQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: 10 })
  @Transform(({ value }) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN))
  @IsInt({ message: COUNT })
  @Min(1, { message: COUNT })
  @Max(100, { message: COUNT })
  count: number = 10;
}

/** A bare name in a path. */
export class NamePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!NAME.test(value)) throw invalid('name', 'must be a name: 1 to 64 of a-z, 0-9, "_", "-"');
    return value;
  }
}

/** The name of an event set or a rule in a path. */
export class EventNamePipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (!isEventName(value)) throw invalid('name', 'must be 1 to 200 of letters, digits, "_", ".", ":", "-"');
    return value;
  }
}

const MAX_SIGNAL_ID = 512;
/** An id in the ledger of events, or that of a CloudEvent. */
export class SignalIdPipe implements PipeTransform<string, string> {
  transform(value: string): string {
    if (value.length > MAX_SIGNAL_ID || value.includes('\0'))
      throw invalid('id', 'must be the id of an event');
    return value;
  }
}

/** The number of a version in a path. */
export class VersionPipe implements PipeTransform<string, number> {
  transform(value: string): number {
    if (!/^[1-9]\d{0,8}$/.test(value)) throw invalid('version', 'must be a whole number from 1 on');
    return Number(value);
  }
}

export class ItemQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 0, description: 'Element of a `forEach`.' })
  @IsOptional()
  @Transform(({ value }) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN))
  @IsInt({ message: 'must be a whole number from 0 on' })
  item?: number;
}

/** Who changes something and why, where the call has no body. */
export class ChangedByQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 200 })
  @IsOptional()
  @Length(1, 200, { message: 'must be a text of at most 200 characters' })
  author?: string;

  @ApiPropertyOptional({ type: 'string', maxLength: 1_000 })
  @IsOptional()
  @Length(1, 1_000, { message: 'must be a text of at most 1000 characters' })
  reason?: string;
}

const FLAG = 'must be true or false';
const toFlag = ({ value }: { value: unknown }): unknown =>
  value === 'true' ? true : value === 'false' ? false : value;

export class ApplyQuery extends ChangedByQuery {
  @ApiPropertyOptional({ type: 'boolean', default: false, description: 'Decides, and changes nothing.' })
  @Transform(toFlag)
  @IsBoolean({ message: FLAG })
  dryRun: boolean = false;

  @ApiPropertyOptional({
    ...{ type: 'boolean', default: false },
    description: 'Removes what is defined and the file does not name.',
  })
  @Transform(toFlag)
  @IsBoolean({ message: FLAG })
  prune: boolean = false;
}

export class LimitQuery {
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 500, default: 50 })
  @Transform(({ value }) => (/^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN))
  @IsInt({ message: LIMIT })
  @Min(1, { message: LIMIT })
  @Max(500, { message: LIMIT })
  limit: number = 50;
}

export class PageQuery extends LimitQuery {
  @ApiPropertyOptional({ type: 'string', description: '`next` of the page before.' })
  @IsOptional()
  @Matches(/^[\x21-\x7e]{1,512}$/, { message: 'must be `next` of the page before' })
  cursor?: string;
}

export class RunsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: RUN_STATES })
  @IsOptional()
  @IsIn(RUN_STATES, { message: `must be one of ${RUN_STATES.join(', ')}` })
  state?: RunState;

  @ApiPropertyOptional({ type: 'string', description: 'Qualified name of the task that was asked for.' })
  @IsOptional()
  @Matches(QUALIFIED, { message: 'must be <server>.<task>' })
  task?: string;

  @ApiPropertyOptional({ type: 'string', description: '`<server>.<job>`, or a bare name.' })
  @IsOptional()
  @Matches(REFERENCE, { message: 'must be <server>.<job> or a bare name' })
  job?: string;
}

export class SignalsQuery extends PageQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 256, description: 'CloudEvents type.' })
  @IsOptional()
  @Matches(/^[^\0]{1,256}$/, { message: 'must be a text of at most 256 characters' })
  type?: string;

  @ApiPropertyOptional({ enum: SIGNAL_OUTCOMES })
  @IsOptional()
  @IsIn(SIGNAL_OUTCOMES, { message: `must be one of ${SIGNAL_OUTCOMES.join(', ')}` })
  outcome?: SignalOutcome;
}

export class SourceQuery {
  @ApiPropertyOptional({ type: 'string', maxLength: 1_024, description: 'CloudEvents source.' })
  @IsOptional()
  @Matches(/^[^\0]{1,1024}$/, { message: 'must be a text of at most 1024 characters' })
  source?: string;
}

export class JobsQuery extends PageQuery {
  @ApiPropertyOptional({ enum: RUN_STATES })
  @IsOptional()
  @IsIn(RUN_STATES, { message: `must be one of ${RUN_STATES.join(', ')}` })
  state?: RunState;

  @ApiPropertyOptional({ type: 'string', description: '`<server>.<job>`, or a bare name.' })
  @IsOptional()
  @Matches(REFERENCE, { message: 'must be <server>.<job> or a bare name' })
  job?: string;
}

const RFC3339 = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;
const SINCE = 'must be a time like 2026-11-21T10:00:00Z';

export class FailuresQuery extends PageQuery {
  @ApiPropertyOptional({ enum: FAILURE_KINDS })
  @IsOptional()
  @IsIn(FAILURE_KINDS, { message: `must be one of ${FAILURE_KINDS.join(', ')}` })
  kind?: FailureKind;

  @ApiPropertyOptional({ type: 'string', description: 'Of this task server alone.' })
  @IsOptional()
  @Matches(NAME, { message: 'must be the name of a server' })
  server?: string;

  @ApiPropertyOptional({ type: 'string', format: 'date-time', description: 'Nothing from before this time.' })
  @IsOptional()
  @Transform(({ value }) => (RFC3339.test(String(value)) ? Date.parse(String(value)) : Number.NaN))
  @IsInt({ message: SINCE })
  since?: number;
}

export class StreamQuery {
  @ApiPropertyOptional({ type: 'string', format: 'uuid', description: 'Of this run alone.' })
  @IsOptional()
  @Transform(({ value }) => (typeof value === 'string' ? value.toLowerCase() : value))
  @Matches(UUID, { message: 'must be a UUID' })
  run?: string;
}

/** `?state=&task=` asks for nothing in particular: a form sends what is not filled in like that. */
class QueryPipe extends ValidationPipe {
  override transform(value: unknown, metadata: ArgumentMetadata): Promise<unknown> {
    const given = Object.entries(value ?? {}).filter(([, text]) => text !== '');
    return super.transform(Object.fromEntries(given), metadata);
  }
}

/** Checks query parameters by their class; unknown ones are ignored, and empty ones are as if left out. */
export const queryPipe = (): ValidationPipe =>
  new QueryPipe({
    transform: true,
    stopAtFirstError: true,
    exceptionFactory: (found) => {
      const errors = found.map(({ property, constraints }) => ({
        path: property,
        message: Object.values(constraints ?? {}).join(', '),
      }));
      const detail = errors.map(({ path, message }) => `${path} ${message}`).join('; ');
      return new ProblemError('invalid-parameter', detail, errors);
    },
  });
