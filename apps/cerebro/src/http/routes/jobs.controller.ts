import { Controller, Get, Headers, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiTags } from '@nestjs/swagger';
import { isTraceparent } from '@cordyna/protocol/wire';
import { Commands, Queries, type Page, type RunSummary } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { JsonBody } from '../request/json-body.js';
import { JobsQuery, queryPipe } from '../request/parameters.js';
import { toRunRequest } from '../request/run-request.js';

/** CloudEvents `source` of what is asked for over HTTP. */
const SOURCE = '/http';

/** A job is a run of a job definition. */
@ApiTags('jobs')
@Controller('api/v1/jobs')
export class JobsController {
  constructor(
    @Inject(Commands) private readonly commands: Commands,
    @Inject(Queries) private readonly queries: Queries,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Starts a job: the same as `POST /api/v1/runs` with `job`.',
    description: '`args` go to every task of the job, `taskArgs` to one.',
  })
  @ApiHeader({ name: 'Idempotency-Key', description: 'The same as `idempotencyKey` in the body.' })
  @ApiBody(refBody('JobRequest'))
  @answers(202, 'RunCreated', [400, 404, 409, 413, 415, 422, 503])
  async startJob(
    @JsonBody() body: unknown,
    @Headers('idempotency-key') idempotencyKey: string | undefined,
    @Headers('traceparent') traceparent: string | undefined,
  ): Promise<{ run: string }> {
    const request = toRunRequest(body, idempotencyKey);
    if (request.job === undefined) {
      const errors = [{ path: '/job', message: 'is required' }];
      throw new ProblemError('invalid-body', '/job is required', errors);
    }
    const trace = traceparent !== undefined && isTraceparent(traceparent) ? traceparent : undefined;
    const { run } = await this.commands.requestRun(request, SOURCE, trace);
    return { run };
  }

  @Get()
  @ApiOperation({ summary: 'Runs of jobs, newest first.' })
  @answers(200, 'RunPage', [400, 503])
  listJobs(@Query(queryPipe()) query: JobsQuery): Promise<Page<RunSummary>> {
    return this.queries.runs({ ...query, ofJobs: true });
  }
}
