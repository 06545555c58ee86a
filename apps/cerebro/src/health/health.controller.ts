import { Controller, Get, Inject, Res } from '@nestjs/common';
import { ApiOperation, ApiResponse, ApiTags } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import { Metrics, Readiness } from '../coordination/index.js';

const REPORT = { schema: { $ref: '#/components/schemas/Readiness' } };

@ApiTags('health')
@Controller()
export class HealthController {
  constructor(
    @Inject(Readiness) private readonly readiness: Readiness,
    @Inject(Metrics) private readonly metrics: Metrics,
  ) {}

  @Get('health/live')
  @ApiOperation({ summary: 'The process runs and answers.' })
  @ApiResponse({
    status: 200,
    content: { 'application/json': { schema: { $ref: '#/components/schemas/Live' } } },
  })
  live(): { status: 'ok' } {
    return { status: 'ok' };
  }

  /** 503 is a problem document with the same members. */
  @Get('health/ready')
  @ApiOperation({ summary: 'Bus and database reachable, partitions assigned, watermark fresh.' })
  @ApiResponse({ status: 200, content: { 'application/json': REPORT } })
  @ApiResponse({ status: 503, content: { 'application/problem+json': REPORT } })
  ready(@Res() response: ServerResponse): void {
    const report = this.readiness.report();
    if (report.ready) return send(response, 200, 'application/json', JSON.stringify(report));
    const bad = Object.entries(report.checks).filter(([, { ok }]) => !ok);
    const problem = {
      type: '/problems/not-ready',
      title: 'Not ready',
      status: 503,
      detail: bad.map(([name, { detail }]) => `${name}: ${detail}`).join('; '),
      instance: '/health/ready',
    };
    send(response, 503, 'application/problem+json', JSON.stringify({ ...problem, ...report }));
  }

  @Get('metrics')
  @ApiOperation({ summary: 'Prometheus text format.' })
  @ApiResponse({ status: 200, content: { 'text/plain': { schema: { type: 'string' } } } })
  async prometheus(@Res() response: ServerResponse): Promise<void> {
    const { contentType, text } = await this.metrics.expose();
    send(response, 200, contentType, text);
  }
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}
