import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Queries, type FailureView, type Page } from '../../coordination/index.js';
import { answers } from '../openapi/decorators.js';
import { redactText } from '../redact.js';
import { FailuresQuery, queryPipe } from '../request/parameters.js';

export interface LinkedFailure extends FailureView {
  /** The run, as a path of this API. */
  readonly link: string | null;
}

@ApiTags('operations')
@Controller('api/v1/failures')
export class FailuresController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  @Get()
  @ApiOperation({
    summary: 'What went wrong, newest first: dead letters, refused inputs, timeouts, lost instances.',
    description:
      '`lost` is an instance that was found lost (without `run`), and each attempt that ended with it (with `run`).',
  })
  @answers(200, 'FailurePage', [400, 503])
  async listFailures(@Query(queryPipe()) query: FailuresQuery): Promise<Page<LinkedFailure>> {
    const { items, next } = await this.queries.failures(query);
    const linked = items.map((failure) => ({
      ...failure,
      detail: redactText(failure.detail, 'utf8'),
      link: failure.run === null ? null : `/api/v1/runs/${failure.run}`,
    }));
    return { items: linked, next };
  }
}
