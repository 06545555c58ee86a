import { Controller, Get, Headers, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { IncomingHttpHeaders } from 'node:http';
import {
  Commands,
  Queries,
  type LogLineView,
  type Page,
  type RunSummary,
  type RunView,
} from '../../coordination/index.js';
import { answers, refBody, runParameter } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { toCancelReason } from '../request/cancel-request.js';
import { JsonBody } from '../request/json-body.js';
import { queryPipe, RunIdPipe, RunsQuery } from '../request/parameters.js';
import { requestRun, SOURCE } from '../request/run-request.js';

export const unknownRun = (run: string): ProblemError => new ProblemError('unknown-run', `no run ${run}`);

@ApiTags('runs')
@Controller('api/v1/runs')
export class RunsController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Queries) private readonly queries: Queries,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Asks for a run of a task and all that depends on it, of a task alone, or of a job.',
    description:
      'A repeated idempotency key gives the first run; the same key with other content is refused.',
  })
  @ApiHeader({ name: 'Idempotency-Key', description: 'The same as `idempotencyKey` in the body.' })
  @ApiHeader({ name: 'traceparent', description: 'W3C trace context: goes with all messages about the run.' })
  @ApiBody(refBody('RunRequest'))
  @answers(202, 'RunCreated', [400, 404, 409, 413, 415, 422, 503])
  async requestRun(
    @JsonBody() body: unknown,
    @Headers() headers: IncomingHttpHeaders,
  ): Promise<{ run: string }> {
    return requestRun(this.commands, body, headers);
  }

  @Get()
  @ApiOperation({ summary: 'Runs, newest first.' })
  @answers(200, 'RunPage', [400, 503])
  listRuns(@Query(queryPipe()) query: RunsQuery): Promise<Page<RunSummary>> {
    return this.queries.runs(query);
  }

  @Get(':run')
  @ApiOperation({ summary: 'A run with its tasks.' })
  @runParameter()
  @answers(200, 'Run', [400, 404, 503])
  async getRun(@Param('run', RunIdPipe) run: string): Promise<RunView> {
    const found = await this.queries.run(run);
    if (!found) throw unknownRun(run);
    return found;
  }

  @Get(':run/log')
  @ApiOperation({ summary: 'Log lines of all attempts, the last 1,000 of each.' })
  @runParameter()
  @answers(200, 'Log', [400, 404, 503])
  async getLog(@Param('run', RunIdPipe) run: string): Promise<readonly LogLineView[]> {
    const lines = await this.queries.log(run);
    if (!lines) throw unknownRun(run);
    return lines;
  }

  @Post(':run/cancel')
  @HttpCode(200)
  @ApiOperation({ summary: 'Unfinished tasks and the run are `cancelled` at once.' })
  @runParameter()
  @ApiBody({ ...refBody('CancelRequest'), required: false })
  @answers(200, 'RunCreated', [400, 404, 409, 413, 415, 422, 503])
  async cancelRun(@Param('run', RunIdPipe) run: string, @JsonBody() body: unknown): Promise<{ run: string }> {
    await this.commands.cancelRun(run, toCancelReason(body), SOURCE);
    return { run };
  }

  @Post(':run/retry')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Runs again, in the same run, what failed, was blocked or cancelled.',
    description:
      '409 unless the run is `failed` or `cancelled`. Attempts count on; what completed or was skipped stays.',
  })
  @runParameter()
  @answers(200, 'RunCreated', [400, 404, 409, 503])
  async retryRun(@Param('run', RunIdPipe) run: string): Promise<{ run: string }> {
    await this.commands.retryRun(run, SOURCE);
    return { run };
  }
}
