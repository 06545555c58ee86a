import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { toProblemError } from './to-problem-error.js';

/** Answers every error with RFC 9457 problem details. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    this.answer(error, http.getRequest(), http.getResponse());
  }

  answer(
    error: unknown,
    request: IncomingMessage & { originalUrl?: string },
    response: ServerResponse,
  ): void {
    const path = (request.originalUrl ?? request.url ?? '/').split('?')[0] ?? '/';
    const problem = toProblemError(error).toProblem(path);
    this.log(problem.status, `${request.method} ${path}`, error);
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

  /** Only a defect needs its stack; that something is away is said elsewhere at length. */
  private log(status: number, call: string, error: unknown): void {
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    if (status === 503) this.logger.warn(`${call}: ${message}`);
    else if (status >= 500) this.logger.error(`${call}: ${stack ?? message}`);
  }
}
