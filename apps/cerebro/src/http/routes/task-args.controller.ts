import { Controller, Get, Inject, Param, Query } from '@nestjs/common';
import { ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { Queries, type TaskArgsView } from '../../coordination/index.js';
import { answers, runParameter } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { ItemQuery, QualifiedTaskPipe, queryPipe, RunIdPipe } from '../request/parameters.js';

@ApiTags('runs')
@Controller('api/v1/runs')
export class TaskArgsController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  @Get(':run/tasks/:task/args')
  @ApiOperation({
    summary: 'The arguments that a task of a run gets, and where each came from.',
    description:
      'Of its latest attempt; before the first, what is known without the outputs of what it depends on (`attempt` is null).',
  })
  @runParameter()
  @ApiParam({ name: 'task', description: '`<server>.<task>`' })
  @answers(200, 'TaskArgs', [400, 404, 503])
  async getTaskArgs(
    @Param('run', RunIdPipe) run: string,
    @Param('task', QualifiedTaskPipe) task: string,
    @Query(queryPipe()) { item }: ItemQuery,
  ): Promise<TaskArgsView> {
    const found = await this.queries.taskArgs(run, task, item ?? null);
    if (found) return found;
    throw new ProblemError(
      'unknown-run',
      `no run ${run} with ${task}${item === undefined ? '' : ` of ${item}`}`,
    );
  }
}
