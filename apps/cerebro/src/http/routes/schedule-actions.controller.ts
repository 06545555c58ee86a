import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Schedules } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { toChangedBy, toDefinitionBody } from '../request/definition-body.js';
import { JsonBody } from '../request/json-body.js';
import { CountQuery, queryPipe, SchedulePipe, toKey } from '../request/parameters.js';

const scheduleParameter = () =>
  ApiParam({ name: 'schedule', description: '`<server>.<task>` of a declared one, else a bare name.' });
const changedBy = () => ApiBody({ ...refBody('ChangedBy'), required: false });
interface Named {
  readonly schedule: string;
}
interface Preview {
  readonly due: readonly string[];
}
const times = (due: readonly number[]): Preview => ({ due: due.map((at) => new Date(at).toISOString()) });

@ApiTags('schedules')
@Controller('api/v1/schedules')
export class ScheduleActionsController {
  constructor(@Inject(Schedules) private readonly schedules: Schedules) {}

  @Post('preview')
  @HttpCode(200)
  @ApiOperation({ summary: 'The next due times that a schedule would have; nothing is made.' })
  @ApiBody(refBody('ScheduleDefinition'))
  @answers(200, 'Preview', [400, 413, 415, 422, 503])
  async previewDefinition(
    @JsonBody() sent: unknown,
    @Query(queryPipe()) { count }: CountQuery,
  ): Promise<Preview> {
    const { body } = toDefinitionBody('schedule', sent);
    return times(await this.schedules.previewOf(body, count));
  }

  @Get(':schedule/preview')
  @ApiOperation({ summary: 'The next due times; of a paused schedule those that it would have.' })
  @scheduleParameter()
  @answers(200, 'Preview', [400, 404, 503])
  async previewSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @Query(queryPipe()) { count }: CountQuery,
  ): Promise<Preview> {
    return times(await this.schedules.preview(schedule, count));
  }

  @Post(':schedule/pause')
  @HttpCode(200)
  @ApiOperation({ summary: 'Nothing is due until it is resumed; what falls due meanwhile never is.' })
  @scheduleParameter()
  @changedBy()
  @answers(200, 'ScheduleName', [400, 404, 409, 413, 415, 422, 503])
  async pauseSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @JsonBody() body: unknown,
  ): Promise<Named> {
    await this.schedules.pause(schedule, toChangedBy(body));
    return { schedule };
  }

  @Post(':schedule/resume')
  @HttpCode(200)
  @ApiOperation({ summary: 'It is due again from now on.' })
  @scheduleParameter()
  @changedBy()
  @answers(200, 'ScheduleName', [400, 404, 409, 413, 415, 422, 503])
  async resumeSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @JsonBody() body: unknown,
  ): Promise<Named> {
    await this.schedules.resume(schedule, toChangedBy(body));
    return { schedule };
  }

  @Post(':schedule/fire')
  @HttpCode(202)
  @ApiOperation({
    summary: 'Makes a run now, paused or not, whatever the rule for overlaps says.',
    description: 'A repeated idempotency key gives the first run.',
  })
  @scheduleParameter()
  @ApiHeader({ name: 'Idempotency-Key' })
  @changedBy()
  @answers(202, 'RunCreated', [400, 404, 413, 415, 422, 503])
  async fireSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @JsonBody() body: unknown,
    @Headers('idempotency-key') key: string | undefined,
  ): Promise<{ run: string }> {
    const { run } = await this.schedules.fire(schedule, toChangedBy(body), toKey(key));
    return { run };
  }
}
