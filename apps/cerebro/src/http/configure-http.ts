import type { NestExpressApplication } from '@nestjs/platform-express';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { MAX_VALUE_BYTES } from '@cordyna/protocol/model';
import { Commands } from '../coordination/index.js';
import { answerWhatIsNotHttp } from './not-http.js';
import { openApiDocument } from './openapi/document.js';
import { takePlainRunRequests } from './plain-run-requests.js';
import { ProblemFilter } from './problem/problem.filter.js';
import { isJson } from './request/json-body.js';
import { isYaml } from './request/yaml-body.js';

/** Nothing but what this server serves; no inline code; in no frame. */
const CONTENT_SECURITY_POLICY = {
  useDefaults: false,
  directives: {
    defaultSrc: "'none'",
    baseUri: "'none'",
    connectSrc: "'self'",
    formAction: "'none'",
    frameAncestors: "'none'",
    imgSrc: ["'self'", 'data:'],
    scriptSrc: "'self'",
    styleSrc: "'self'",
  },
};
const HEADERS_MS = 10_000;
const REQUEST_MS = 30_000;

/**
 * What concerns every request: headers, body, errors, `/openapi.json`. Call it once, before `listen`, on an application
 * made with `HTTP_OPTIONS`.
 */
export function configureHttp(app: NestExpressApplication): void {
  app.useSecurityHeaders({
    contentSecurityPolicy: CONTENT_SECURITY_POLICY,
    // TLS ends in front of Cerebro, and there this header belongs.
    strictTransportSecurity: false,
    xFrameOptions: { action: 'deny' },
  });
  // A web page elsewhere must not start or cancel runs through the browser of somebody who can reach this port.
  app.enableCsrfProtection();
  app.disable('x-powered-by');
  app.set('etag', false);
  app.useBodyParser('raw', {
    type: (request: IncomingMessage) => isJson(request) || isYaml(request),
    limit: MAX_VALUE_BYTES,
  });
  const problems = new ProblemFilter();
  app.useGlobalFilters(problems);
  const server = app.getHttpServer() as Server;
  server.headersTimeout = HEADERS_MS;
  server.requestTimeout = REQUEST_MS;
  takePlainRunRequests(server, { commands: app.get(Commands, { strict: false }), problems });
  answerWhatIsNotHttp(server);
  serveDocument(app);
}

/** Of Nest's application factory: the body is read here and nowhere else. */
export const HTTP_OPTIONS = { bodyParser: false } as const;

function serveDocument(app: NestExpressApplication): void {
  let json: string | null = null;
  app.use('/openapi.json', (request: IncomingMessage, response: ServerResponse, next: () => void) => {
    if (request.method !== 'GET' && request.method !== 'HEAD') return next();
    json ??= JSON.stringify(openApiDocument(app));
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8' }).end(json);
  });
}
