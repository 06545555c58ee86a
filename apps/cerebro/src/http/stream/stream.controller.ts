import { Controller, Get, Headers, Inject, Query, Req, Res } from '@nestjs/common';
import { ApiHeader, ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { InvalidCursor } from '../../coordination/index.js';
import { ref } from '../openapi/decorators.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { queryPipe, StreamQuery } from '../request/parameters.js';
import { StreamHub } from './stream-hub.js';

const CURSOR = /^[\x21-\x7e]{1,512}$/;
const PROBLEM = { content: { 'application/problem+json': { schema: ref('Problem') } } };

@ApiTags('runs')
@Controller('api/v1/stream')
export class StreamController {
  constructor(@Inject(StreamHub) private readonly hub: StreamHub) {}

  @Get()
  @ApiOperation({
    summary: 'History rows as they are committed, as server-sent events.',
    description:
      '`id` is an opaque cursor, `event` the type of the row, `data` the row with its run. Without `run` it begins at the present end, with it at the first row. It resumes after the event that `Last-Event-ID` names, on any coordinator; each row comes once per connection.',
  })
  @ApiHeader({ name: 'Last-Event-ID', description: '`id` of the last event that was received.' })
  @ApiResponse({
    status: 200,
    description: 'Each `data` is JSON of this schema.',
    content: { 'text/event-stream': { schema: ref('StreamedRow') } },
  })
  @ApiResponse({ status: 400, description: 'invalid-parameter', ...PROBLEM })
  @ApiResponse({ status: 404, description: 'unknown-run', ...PROBLEM })
  @ApiResponse({ status: 503, description: 'too-many-streams, unavailable', ...PROBLEM })
  async stream(
    @Query(queryPipe()) { run }: StreamQuery,
    @Headers('last-event-id') lastEventId: string | undefined,
    @Req() request: IncomingMessage,
    @Res() response: ServerResponse,
  ): Promise<void> {
    const cursor = lastEventId || undefined;
    if (cursor !== undefined && !CURSOR.test(cursor)) throw notOfThisStream();
    if (request.method === 'HEAD') {
      response.writeHead(200, { 'content-type': 'text/event-stream; charset=utf-8' }).end();
      return;
    }
    await this.hub.open({ run, cursor }, response).catch((error: unknown) => {
      throw error instanceof InvalidCursor ? notOfThisStream(error) : error;
    });
  }
}

function notOfThisStream(cause?: Error): ProblemError {
  const errors = [{ path: 'Last-Event-ID', message: 'must be the id of an event of this stream' }];
  const message = 'Last-Event-ID is not an id of this stream';
  return new ProblemError('invalid-parameter', message, errors, { cause });
}
