import { randomUUID } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createBus, type Bus, type BusPublisher } from '@cordyna/bus';
import { encodeStructured, topicsOf } from '@cordyna/protocol/wire';
import { Pool } from 'pg';
import type { Cordyna } from '../stack/cordyna.js';
import { EventLog } from './event-log.js';

/** The log tells when each run ended; to look often takes time from what is measured. */
const POLL_MS = { few: 50, many: 100 } as const;
/** Of the time that is expected, before anybody looks at all. */
const UNLIKELY = 0.8;
const FEW = 10;
const HTTP_CONNECTIONS = 32;

export interface FinishedRun {
  readonly run: string;
  /** Epoch ms: when it was asked for, and when the broker appended that it is finished. */
  readonly askedAt: number;
  readonly finishedAt: number;
}

/** Asks for runs as anybody outside does, and finds out afterwards, from the log, when each had ended. */
export class BenchClient {
  private readonly bus: Bus;
  private readonly publisher: BusPublisher;
  readonly pool: Pool;
  readonly log: EventLog;
  private readonly agent = new Agent({ keepAlive: true, maxSockets: HTTP_CONNECTIONS });
  private readonly invocations: string;

  constructor(private readonly cordyna: Pick<Cordyna, 'brokers' | 'databaseUrl' | 'prefix' | 'url'>) {
    this.bus = createBus({ brokers: [...cordyna.brokers], clientId: 'bench-client' });
    this.publisher = this.bus.publisher();
    this.invocations = topicsOf(cordyna.prefix).invocations;
    this.pool = new Pool({ connectionString: cordyna.databaseUrl, max: 2 });
    // An idle connection says here that PostgreSQL has stopped.
    this.pool.on('error', () => undefined);
    this.log = new EventLog(this.bus, topicsOf(cordyna.prefix));
  }

  /** A UUID version 7 (RFC 9562): new runs lie beside each other in the indexes, as those do that Cerebro names. */
  newRun(): string {
    const ms = Date.now().toString(16).padStart(12, '0');
    return `${ms.slice(0, 8)}-${ms.slice(8)}-7${randomUUID().slice(15)}`;
  }

  /** All in one send; resolves when Kafka has them. */
  async askOverBus(task: string, runs: readonly string[]): Promise<void> {
    const time = new Date().toISOString();
    const results = await this.publisher.send(
      runs.map((run) => {
        const data = { task, run };
        const event = {
          specversion: '1.0',
          id: randomUUID(),
          source: '/bench',
          time,
          type: 'cordyna.run.requested.v1',
          data,
        } as const;
        return { topic: this.invocations, key: run, ...encodeStructured(event) };
      }),
    );
    const failed = results.find(({ ok }) => !ok);
    if (failed && !failed.ok) throw failed.error;
  }

  /** One request for each; resolves when all are answered. */
  async askOverHttp(task: string, runs: readonly string[]): Promise<void> {
    await Promise.all(runs.map((run) => this.post(JSON.stringify({ task, run }))));
  }

  private post(body: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
      const options = { method: 'POST', agent: this.agent, headers };
      const sent = request(`${this.cordyna.url}/api/v1/runs`, options, (response) => {
        response.resume();
        response.once('end', () => {
          if (response.statusCode === 202) resolve();
          else reject(new Error(`POST /api/v1/runs: ${response.statusCode}`));
        });
      });
      // The server closed a connection that was idle (Node's documentation of reusedSocket); the run's id makes it one run.
      sent.once('error', (error: NodeJS.ErrnoException) => {
        if (sent.reusedSocket && error.code === 'ECONNRESET') this.post(body).then(resolve, reject);
        else reject(error);
      });
      sent.end(body);
    });
  }

  /** Makes what is defined like that, all at once. */
  async apply(file: object, prune = false): Promise<void> {
    const response = await fetch(`${this.cordyna.url}/api/v1/apply?prune=${prune}`, {
      method: 'POST',
      headers: { 'content-type': 'application/yaml' },
      body: JSON.stringify(file),
    });
    if (!response.ok) throw new Error(`POST /api/v1/apply: ${response.status} ${await response.text()}`);
  }

  /** The answer's body. @throws Error unless it is 200 */
  get(path: string): Promise<string> {
    return new Promise((resolve, reject) => {
      const sent = request(`${this.cordyna.url}${path}`, { agent: this.agent }, (response) => {
        const parts: Buffer[] = [];
        response.on('data', (part: Buffer) => parts.push(part));
        response.once('end', () => {
          const body = Buffer.concat(parts).toString();
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`GET ${path}: ${response.statusCode} ${body.slice(0, 200)}`));
        });
      });
      sent.once('error', (error: NodeJS.ErrnoException) => {
        if (sent.reusedSocket && error.code === 'ECONNRESET') this.get(path).then(resolve, reject);
        else reject(error);
      });
      sent.end();
    });
  }

  /**
   * @param expectedMs from now on, by what took as long before
   * @throws Error when one of them is not completed in time: the bench fails
   */
  async untilCompleted(runs: readonly string[], limitMs: number, expectedMs = 0): Promise<void> {
    const end = performance.now() + limitMs;
    await delay(expectedMs * UNLIKELY);
    for (;;) {
      const open = await this.openOf(runs);
      if (open === 0) return;
      if (performance.now() > end)
        throw new Error(`${open} of ${runs.length} runs are not completed in ${limitMs} ms`);
      await delay(runs.length > FEW ? POLL_MS.many : POLL_MS.few);
    }
  }

  /** By the range of their ids, in which no other run lies: a list of ids would cost more than what is measured. */
  private async openOf(runs: readonly string[]): Promise<number> {
    const sorted = [...runs].sort();
    const { rows } = await this.pool.query<{ done: number; failed: number }>({
      name: 'bench_open',
      text: `SELECT count(*) FILTER (WHERE state = 'completed')::int AS done,
        count(*) FILTER (WHERE state IN ('failed', 'cancelled'))::int AS failed
        FROM runs WHERE id BETWEEN $1 AND $2`,
      values: [sorted.at(0), sorted.at(-1)],
    });
    const { done, failed } = rows[0] ?? { done: 0, failed: 0 };
    if (failed > 0) throw new Error(`${failed} of ${runs.length} runs failed`);
    return runs.length - done;
  }

  async close(): Promise<void> {
    this.agent.destroy();
    await this.pool.end();
    await this.bus.close();
  }
}
