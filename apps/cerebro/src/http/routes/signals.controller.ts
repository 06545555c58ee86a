import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { EventQueries, Events, type Page, type SignalView } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { JsonBody } from '../request/json-body.js';
import { queryPipe, SignalIdPipe, SignalsQuery, SourceQuery } from '../request/parameters.js';
import { toNewEvent } from '../request/signal.js';

/** The ledger of events: what happened, and what became of it. */
@ApiTags('rules')
@Controller('api/v1/signals')
export class SignalsController {
  constructor(
    @Inject(Events) private readonly events: Events,
    @Inject(EventQueries) private readonly queries: EventQueries,
  ) {}

  @Post()
  @HttpCode(202)
  @ApiOperation({
    summary: 'Tells that an event happened.',
    description: 'A CloudEvent. The same source and id are the same event, also on the topic `signals`.',
  })
  @ApiBody(refBody('NewSignal'))
  @answers(202, 'SignalTaken', [400, 413, 415, 422, 503])
  async postSignal(@JsonBody() body: unknown) {
    const event = toNewEvent(body);
    const { signal, outcome, created, rules } = await this.events.tell(event);
    return { signal, source: event.source, id: event.id, outcome, created, rules };
  }

  @Get()
  @ApiOperation({ summary: 'Events, newest first, and what became of them.' })
  @answers(200, 'SignalPage', [400, 503])
  listSignals(@Query(queryPipe()) query: SignalsQuery): Promise<Page<SignalView>> {
    return this.queries.signals(query);
  }

  @Get(':id')
  @ApiOperation({
    summary: 'An event, and what each rule made of it.',
    description: 'Of several CloudEvents with the same id the newest, unless `source` says which.',
  })
  @ApiParam({ name: 'id', description: 'Its id in the ledger, or that of the CloudEvent.' })
  @answers(200, 'Signal', [400, 404, 503])
  async getSignal(@Param('id', SignalIdPipe) id: string, @Query(queryPipe()) { source }: SourceQuery) {
    const found = await this.queries.signal(id, source);
    if (found) return found;
    throw new ProblemError('unknown-signal', `there is no event ${id}`);
  }
}
