import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toProblemError } from './to-problem-error.js';

/** Answers every error with RFC 9457 problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<IncomingMessage & { originalUrl?: string }>();
    const response = http.getResponse<ServerResponse>();
    const path = (request.originalUrl ?? request.url ?? '/').split('?')[0] ?? '/';
    const problem = toProblemError(error).toProblem(path);
    if (problem.status >= 500 && problem.type !== '/problems/too-many-streams') {
      const cause = error instanceof Error ? (error.stack ?? error.message) : String(error);
      this.logger.error(`${request.method} ${path}: ${cause}`);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (problem.status === 503) response.setHeader('retry-after', '1');
    // What is left of a body that nobody reads would be taken for the next request.
    if (problem.status === 413) response.setHeader('connection', 'close');
    const headers = { 'content-type': 'application/problem+json', 'cache-control': 'no-store' };
    response.writeHead(problem.status, headers).end(JSON.stringify(problem));
  }
}
