import { Catch, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { ServerResponse } from 'node:http';
import { toProblemError } from '../problem/to-problem-error.js';

/** Errors as the clients of Cirrus know them, with the place of each. */
@Catch()
export class CirrusFilter implements ExceptionFilter {
  catch(error: unknown, host: ArgumentsHost): void {
    const response = host.switchToHttp().getResponse<ServerResponse>();
    const { status, message, errors } = toProblemError(error);
    if (response.headersSent) {
      response.destroy();
      return;
    }
    if (status === 503) response.setHeader('retry-after', '1');
    const body = { msg: message, status: 'FAIL', ...(errors.length > 0 ? { errors } : {}) };
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
  }
}
