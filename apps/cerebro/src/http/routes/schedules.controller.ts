import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { isName } from '@cordyna/protocol/model';
import {
  DefinitionQueries,
  Definitions,
  Queries,
  ScheduleQueries,
  type DefinitionView,
  type Page,
  type ScheduleView,
} from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { JsonBody } from '../request/json-body.js';
import { ChangedByQuery, LimitQuery, PageQuery, queryPipe, SchedulePipe } from '../request/parameters.js';
import { DefinitionRoutes, type Defined } from './definition-routes.js';

type Firings = Awaited<ReturnType<Queries['firings']>>;

const scheduleParameter = () =>
  ApiParam({ name: 'schedule', description: '`<server>.<task>` of a declared one, else a bare name.' });
const ifMatch = () =>
  ApiHeader({
    name: 'If-Match',
    description: 'The version that is changed; 412 when another one is in force.',
  });

@ApiTags('schedules')
@Controller('api/v1/schedules')
export class SchedulesController {
  private readonly routes: DefinitionRoutes;

  constructor(
    @Inject(Definitions) definitions: Definitions,
    @Inject(DefinitionQueries) versions: DefinitionQueries,
    @Inject(ScheduleQueries) private readonly schedules: ScheduleQueries,
    @Inject(Queries) private readonly queries: Queries,
  ) {
    this.routes = new DefinitionRoutes('schedule', isName, definitions, versions);
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({ summary: 'Makes a schedule; it is in force at once on every coordinator.' })
  @ApiBody(refBody('NamedSchedule'))
  @answers(201, 'Defined', [400, 409, 413, 415, 422, 503])
  createSchedule(@JsonBody() body: unknown): Promise<Defined> {
    return this.routes.create(body);
  }

  @Get()
  @ApiOperation({ summary: 'Schedules by name, declared ones and those made over HTTP or in files.' })
  @answers(200, 'SchedulePage', [400, 503])
  listSchedules(@Query(queryPipe()) query: PageQuery): Promise<Page<ScheduleView>> {
    return this.schedules.schedules(query);
  }

  @Get(':schedule')
  @ApiOperation({ summary: 'A schedule.' })
  @scheduleParameter()
  @answers(200, 'Schedule', [400, 404, 503])
  async getSchedule(@Param('schedule', SchedulePipe) schedule: string): Promise<ScheduleView> {
    const found = await this.schedules.schedule(schedule);
    if (found) return found;
    throw new ProblemError('unknown-definition', `there is no schedule ${schedule}`);
  }

  @Put(':schedule')
  @ApiOperation({
    summary: 'Replaces a schedule, makes it, or overrides a declared one.',
    description: 'An override needs `author` and `reason`; what it does not name is as declared.',
  })
  @scheduleParameter()
  @ifMatch()
  @ApiBody(refBody('ScheduleDefinition'))
  @answers(200, 'Defined', [400, 412, 413, 415, 422, 503])
  putSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @JsonBody() body: unknown,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.put(schedule, body, version);
  }

  @Delete(':schedule')
  @ApiOperation({
    summary: 'Removes a schedule, or reverts the override of a declared one, which is in force again.',
  })
  @scheduleParameter()
  @ifMatch()
  @answers(200, 'Defined', [400, 404, 412, 503])
  removeSchedule(
    @Param('schedule', SchedulePipe) schedule: string,
    @Query(queryPipe()) by: ChangedByQuery,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.remove(schedule, by, version);
  }

  @Get(':schedule/versions')
  @ApiOperation({
    summary: 'What was made or overridden over HTTP or in files, newest first, with author and reason.',
  })
  @scheduleParameter()
  @answers(200, 'DefinitionPage', [400, 404, 503])
  listScheduleVersions(
    @Param('schedule', SchedulePipe) schedule: string,
    @Query(queryPipe()) query: PageQuery,
  ): Promise<Page<DefinitionView>> {
    return this.routes.versions(schedule, query);
  }

  @Get(':schedule/firings')
  @ApiOperation({
    summary: 'Due times of a schedule, newest first.',
    description:
      'Each is exactly one of `run`, `skipped` (the previous run was unfinished, or the task cannot run) and `missed`.',
  })
  @scheduleParameter()
  @answers(200, 'Firings', [400, 503])
  listFirings(
    @Param('schedule', SchedulePipe) schedule: string,
    @Query(queryPipe()) { limit }: LimitQuery,
  ): Promise<Firings> {
    return this.queries.firings(schedule, limit);
  }
}
