import { Controller, Get, Inject, Param, Res } from '@nestjs/common';
import { ApiOperation, ApiTags } from '@nestjs/swagger';
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { Queries, type HistoryView } from '../../coordination/index.js';
import { answers, runParameter } from '../openapi/decorators.js';
import { redactHistory } from '../redact.js';
import { RunIdPipe } from '../request/parameters.js';
import { unknownRun } from './runs.controller.js';

const PAGE = 1_000;
/** Who does not read for so long has gone. */
const DRAIN_MS = 30_000;

@ApiTags('runs')
@Controller('api/v1/runs')
export class HistoryController {
  constructor(@Inject(Queries) private readonly queries: Queries) {}

  /** Written in parts as it is read: the history of a run of 10,000 tasks is never in memory as a whole. */
  @Get(':run/history')
  @ApiOperation({
    summary:
      'All that happened to a run, in order; `seq` is dense, refused inputs are there with the reason.',
  })
  @runParameter()
  @answers(200, 'History', [400, 404, 503])
  async getHistory(@Param('run', RunIdPipe) run: string, @Res() response: ServerResponse): Promise<void> {
    let page = await this.queries.history(run, 1, PAGE);
    if (!page) throw unknownRun(run);
    response.writeHead(200, {
      'content-type': 'application/json; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.write('[');
    for (let first = true; page && page.length > 0 && !response.destroyed; first = false) {
      const rows = page.map((row) => JSON.stringify(redactHistory(row)));
      if (!response.write((first ? '' : ',') + rows.join(','))) await drained(response);
      page = page.length < PAGE ? null : await this.queries.history(run, lastSeq(page) + 1, PAGE);
    }
    response.end(']');
  }
}

const lastSeq = (rows: readonly HistoryView[]): number => rows.at(-1)?.seq ?? 0;

async function drained(response: ServerResponse): Promise<void> {
  try {
    await once(response, 'drain', { signal: AbortSignal.timeout(DRAIN_MS) });
  } catch {
    response.destroy();
  }
}
