import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Queries } from '../../coordination/index.js';
import { answers } from '../openapi/decorators.js';
import { LimitQuery, QualifiedTaskPipe, queryPipe } from '../request/parameters.js';

type Firings = Awaited<ReturnType<Queries['firings']>>;

@ApiTags('registry')
@Controller('api/v1/schedules')
export class SchedulesController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  @Get(':task/firings')
  @ApiOperation({
    summary: 'Due times of a task with `everyMs` or `cron`, newest first.',
    description:
      'Each is exactly one of `run`, `skipped` (the previous run was unfinished) and `missed` (after an outage).',
  })
  @ApiParam({ name: 'task', description: '`<server>.<task>`' })
  @answers(200, 'Firings', [400, 503])
  listFirings(
    @Param('task', QualifiedTaskPipe) task: string,
    @Query(queryPipe()) { limit }: LimitQuery,
  ): Promise<Firings> {
    return this.queries.firings(task, limit);
  }
}
