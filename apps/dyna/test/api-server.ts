import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Seen {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: unknown;
}

type Handler = (request: Seen, response: ServerResponse) => void;

export const sendJson = (response: ServerResponse, body: unknown, status = 200): void => {
  const type = status < 400 ? 'application/json' : 'application/problem+json';
  response.writeHead(status, { 'content-type': type }).end(JSON.stringify(body));
};

/** A real HTTP server that answers as the protocol page says, from given answers, and notes what it was asked. */
export class ApiServer {
  readonly seen: Seen[] = [];
  readonly #routes = new Map<string, Handler>();
  readonly #server: Server;
  url = '';

  private constructor() {
    this.#server = createServer((request, response) => void this.#handle(request, response));
  }

  static async start(): Promise<ApiServer> {
    const api = new ApiServer();
    await new Promise<void>((resolve) => api.#server.listen(0, '127.0.0.1', resolve));
    api.url = `http://127.0.0.1:${(api.#server.address() as AddressInfo).port}`;
    return api;
  }

  /** `call`: method and path without query. */
  on(call: string, answer: Handler | object): this {
    const fixed = (_: Seen, response: ServerResponse): void => sendJson(response, answer);
    this.#routes.set(call, typeof answer === 'function' ? (answer as Handler) : fixed);
    return this;
  }

  stop(): Promise<void> {
    return new Promise((resolve) => {
      this.#server.close(() => resolve());
      this.#server.closeAllConnections();
    });
  }

  async #handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    const { method = '', url = '', headers } = request;
    const seen = { method, path: url, headers, body: text ? (JSON.parse(text) as unknown) : undefined };
    this.seen.push(seen);
    const handler = this.#routes.get(`${method} ${url.split('?')[0]}`);
    if (handler) handler(seen, response);
    else sendJson(response, { title: 'Not Found', status: 404, detail: `no ${url}` }, 404);
  }
}
