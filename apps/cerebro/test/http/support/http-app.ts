import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { AddressInfo } from 'node:net';
import {
  Commands,
  DefinitionQueries,
  Definitions,
  DoorFiles,
  Files,
  EventQueries,
  Events,
  Metrics,
  Queries,
  Readiness,
  ScheduleQueries,
  Schedules,
} from '../../../src/coordination/index.js';
import { HealthModule, PrometheusMetrics } from '../../../src/health/index.js';
import { configureHttp, HTTP_OPTIONS, HttpModule } from '../../../src/http/index.js';
import { MonitorModule } from '../../../src/monitor/index.js';
import { CordynaYaml } from '../../../src/triggers/index.js';
import { MemoryDefinitionQueries, MemoryDefinitions } from './memory-definitions.js';
import { MemoryEventQueries, MemoryEvents } from './memory-events.js';
import { MemoryScheduleQueries, MemorySchedules } from './memory-schedules.js';
import { MemoryCommands, MemoryQueries, MemoryReadiness } from './memory.js';

@Module({})
class MemoryModule {
  static with(shared: Provider[]): DynamicModule {
    const imports = [HttpModule, HealthModule, MonitorModule];
    return { module: MemoryModule, global: true, imports, providers: shared, exports: shared };
  }
}

export interface HttpApp {
  readonly url: string;
  readonly app: NestExpressApplication;
  readonly commands: MemoryCommands;
  readonly queries: MemoryQueries;
  readonly definitions: MemoryDefinitions;
  readonly schedules: MemorySchedules;
  readonly events: MemoryEvents;
  readonly readiness: MemoryReadiness;
  readonly metrics: PrometheusMetrics;
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  close(): Promise<void>;
}

/** The whole HTTP part listening on a real port, over what is kept in memory. */
export async function httpApp(): Promise<HttpApp> {
  const commands = new MemoryCommands();
  const queries = new MemoryQueries();
  const definitions = new MemoryDefinitions();
  const found = new MemoryDefinitionQueries();
  const schedules = new MemorySchedules();
  const events = new MemoryEvents();
  const readiness = new MemoryReadiness();
  const metrics = new PrometheusMetrics();
  const module = MemoryModule.with([
    { provide: Commands, useValue: commands },
    { provide: Queries, useValue: queries },
    { provide: Definitions, useValue: definitions },
    { provide: DefinitionQueries, useValue: found },
    { provide: Files, useValue: new DoorFiles(new CordynaYaml(), definitions, found) },
    { provide: Schedules, useValue: schedules },
    { provide: ScheduleQueries, useValue: new MemoryScheduleQueries() },
    { provide: Events, useValue: events },
    { provide: EventQueries, useValue: new MemoryEventQueries() },
    { provide: Readiness, useValue: readiness },
    { provide: Metrics, useValue: metrics },
  ]);
  const app = await NestFactory.create<NestExpressApplication>(module, { ...HTTP_OPTIONS, logger: false });
  configureHttp(app);
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  const send = (path: string, init: RequestInit) =>
    fetch(`${url}${path}`, { signal: AbortSignal.timeout(10_000), ...init });
  const sendBody: HttpApp['send'] = (method, path, body, headers = {}) =>
    send(path, {
      method,
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined || typeof body === 'string' ? (body as string) : JSON.stringify(body),
    });
  return {
    ...{ url, app, commands, queries, definitions, schedules, events, readiness, metrics },
    get: (path, headers = {}) => send(path, { headers }),
    post: (path, body, headers) => sendBody('POST', path, body, headers),
    send: sendBody,
    close: () => app.close(),
  };
}
