import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { STATUS_CODES } from 'node:http';
import type { Duplex } from 'node:stream';
import { ProblemError, type ProblemKind } from './problem/problem-kinds.js';

/** Of Node's HTTP parser; everything else is malformed. */
const KINDS: Readonly<Record<string, readonly [ProblemKind, string]>> = {
  HPE_HEADER_OVERFLOW: ['headers-too-large', 'the headers have more than 16 KiB'],
  ERR_HTTP_REQUEST_TIMEOUT: ['request-timeout', 'the request did not come whole in time'],
};
const MALFORMED = ['malformed-request', 'this is not HTTP/1.1'] as const;

interface ParserError extends NodeJS.ErrnoException {
  /** What the parser was given. */
  readonly rawPacket?: Buffer;
}

/**
 * What cannot be read as HTTP never becomes a request that a filter sees. Node would answer it without a body; here it
 * is answered as every other error is, and its connection ends.
 */
export function answerWhatIsNotHttp(server: Server): void {
  const answering = new WeakMap<Duplex, ServerResponse>();
  server.prependListener('request', ({ socket }: IncomingMessage, response: ServerResponse) => {
    answering.set(socket, response);
  });
  server.on('clientError', (error: ParserError, socket: Duplex) => {
    const response = answering.get(socket);
    // In the middle of another answer nothing can be said.
    const isFree = !response || response.writableFinished || !response.headersSent;
    if (error.code !== 'ECONNRESET' && socket.writable && isFree)
      socket.end(answerTo(error), () => socket.destroy());
    else socket.destroy(error);
  });
  // Other expectations than 100-continue may be ignored (RFC 9110, 10.1.1).
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

function answerTo({ code = '', rawPacket }: ParserError): string {
  const [kind, detail] = KINDS[code] ?? MALFORMED;
  const error = new ProblemError(kind, detail);
  const body = JSON.stringify(error.toProblem('/'));
  // The answer to a HEAD has no body, or it would be taken for the next answer.
  const isHead = rawPacket?.subarray(0, 5).toString('latin1') === 'HEAD ';
  return [
    `HTTP/1.1 ${error.status} ${STATUS_CODES[error.status] ?? ''}`,
    'connection: close',
    'content-type: application/problem+json',
    'cache-control: no-store',
    'x-content-type-options: nosniff',
    `content-length: ${Buffer.byteLength(body)}`,
    '',
    isHead ? '' : body,
  ].join('\r\n');
}
