import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';

/** How a container of the stub behaves: frames of its output, then its exit code, unless it waits to be stopped. */
export interface Behaviour {
  readonly frames?: readonly (readonly ['stdout' | 'stderr', string])[];
  readonly exitCode?: number;
  readonly untilStopped?: boolean;
}
interface Container {
  readonly id: string;
  readonly body: Record<string, unknown>;
  readonly behaviour: Behaviour;
  readonly ended: Promise<number>;
  end(code: number): void;
  stream?: Duplex;
}

/**
 * Speaks as much of the Docker Engine API (v1.4x, by its published reference) as the runner uses, on a socket: it is no Docker.
 * What it was asked is kept, and each answer that the tests need to be wrong can be given.
 */
export class EngineStub {
  readonly asked: string[] = [];
  readonly created: Record<string, unknown>[] = [];
  readonly containers = new Map<string, Container>();
  readonly images = new Set<string>();
  readonly registry = new Set<string>();
  readonly behaviours = new Map<string, Behaviour>();
  private readonly server: Server;
  private count = 0;

  private constructor(readonly socketPath: string) {
    this.server = createServer((request, response) => void this.answer(request, response));
  }

  static async start(folder: string): Promise<EngineStub> {
    const stub = new EngineStub(join(folder, 'engine.sock'));
    stub.server.listen(stub.socketPath);
    await once(stub.server, 'listening');
    return stub;
  }

  stop(): Promise<void> {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(() => resolve()));
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, searchParams } = new URL(request.url ?? '', 'http://engine');
    this.asked.push(`${request.method} ${pathname.replace(/container-\d+/, '{id}')}`);
    const body = await bodyOf(request);
    const say = (status: number, value?: object): void => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(value === undefined ? undefined : JSON.stringify(value));
    };
    if (pathname === '/containers/create') return this.create(body, say);
    if (pathname === '/images/create') return this.pull(searchParams, response);
    if (pathname === '/containers/json') return say(200, this.list(searchParams));
    const [, , id = '', action] = pathname.split('/');
    const container = this.containers.get(id);
    if (!container) return say(404, { message: `No such container: ${id}` });
    if (request.method === 'DELETE') {
      this.containers.delete(id);
      return say(204);
    }
    if (action === 'attach') return this.attach(container, request.socket);
    if (action === 'start') {
      this.begin(container);
      return say(204);
    }
    if (action === 'stop') {
      container.end(143);
      return say(204);
    }
    return say(200, { StatusCode: await container.ended });
  }

  /** By labels that are all there, as `name=value`. */
  private list(query: URLSearchParams): object[] {
    const { label = [] } = JSON.parse(query.get('filters') ?? '{}') as { label?: string[] };
    return [...this.containers.values()].flatMap(({ id: Id, body }) => {
      const labels = (body['Labels'] ?? {}) as Record<string, string>;
      const has = new Set(Object.entries(labels).map(([name, value]) => `${name}=${value}`));
      return label.every((one) => has.has(one)) ? [{ Id, Labels: labels }] : [];
    });
  }

  private create(body: Record<string, unknown>, say: (status: number, value?: object) => void): void {
    const image = String(body['Image']);
    if (!this.images.has(image)) return say(404, { message: `No such image: ${image}` });
    this.created.push(body);
    let end: (code: number) => void = () => undefined;
    const ended = new Promise<number>((resolve) => (end = resolve));
    const id = `container-${(this.count += 1)}`;
    this.containers.set(id, { id, body, behaviour: this.behaviours.get(image) ?? {}, ended, end });
    say(201, { Id: id, Warnings: [] });
  }

  /** Progress as JSON objects, the failure as one of them: the status was sent long before. */
  private pull(query: URLSearchParams, response: ServerResponse): void {
    const image = query.get('fromImage') ?? '';
    const name = query.get('tag') ? `${image}:${query.get('tag')}` : image;
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write(`${JSON.stringify({ status: `Pulling from ${name}` })}\r\n`);
    if (!this.registry.has(name)) {
      response.end(
        `${JSON.stringify({ error: `pull access denied for ${name}`, errorDetail: { message: 'denied' } })}\r\n`,
      );
      return;
    }
    this.images.add(name).add(name.replace(/:latest$/, ''));
    response.end(`${JSON.stringify({ status: 'Download complete' })}\r\n`);
  }

  /** "Hijacks the HTTP connection": after the header come raw bytes, in frames of 8 bytes of header each. */
  private attach(container: Container, socket: Duplex): void {
    socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/vnd.docker.raw-stream\r\n\r\n');
    container.stream = socket;
  }

  private begin({ behaviour, stream, end, ended }: Container): void {
    for (const [channel, text] of behaviour.frames ?? []) stream?.write(frame(channel, text));
    void ended.then(() => stream?.end());
    if (!behaviour.untilStopped) end(behaviour.exitCode ?? 0);
  }
}

function frame(channel: 'stdout' | 'stderr', text: string): Buffer {
  const payload = Buffer.from(text);
  const header = Buffer.alloc(8);
  header[0] = channel === 'stdout' ? 1 : 2;
  header.writeUInt32BE(payload.length, 4);
  return Buffer.concat([header, payload]);
}

async function bodyOf(request: IncomingMessage): Promise<Record<string, unknown>> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  return text === '' ? {} : (JSON.parse(text) as Record<string, unknown>);
}
