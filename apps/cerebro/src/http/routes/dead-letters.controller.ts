import { Controller, Get, Inject, Query } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { Queries, type DeadLetterView, type Page } from '../../coordination/index.js';
import { answers } from '../openapi/decorators.js';
import { redactDeadLetter } from '../redact.js';
import { PageQuery, queryPipe } from '../request/parameters.js';

@ApiTags('operations')
@Controller('api/v1/dead-letters')
export class DeadLettersController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  @Get()
  @ApiOperation({
    summary: 'What was refused, and why; newest first.',
    description:
      'Leases are redacted, and values longer than 64 KiB cut: the topic of the dead letters holds them as they were.',
  })
  @answers(200, 'DeadLetterPage', [400, 503])
  async listDeadLetters(@Query(queryPipe()) query: PageQuery): Promise<Page<DeadLetterView>> {
    const { items, next } = await this.queries.deadLetters(query);
    return { items: items.map(redactDeadLetter), next };
  }
}
