import { Injectable, Module } from '@nestjs/common';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { createTaskServer, TaskServer } from '@cordyna/task-server';
import type { TaskServerOptions } from '@cordyna/task-server';
import { Task, TaskServerModule } from '@cordyna/task-server/nest';
import { PROBE_JOB, probeTasks } from './probe-tasks.js';
import type { Probe } from './probe-tasks.js';

export interface RunningServer {
  readonly server: TaskServer;
  stop(): Promise<void>;
}

export type StartForm = (options: TaskServerOptions, probe: Probe) => Promise<RunningServer>;

/** Declared call by call. */
export const startPlain: StartForm = async (options, probe) => {
  const server = createTaskServer({ handleSignals: false, ...options }).job('nightly', PROBE_JOB);
  for (const [name, { options: task, handler }] of Object.entries(probeTasks(probe))) {
    server.task(name, task ?? {}, handler);
  }
  await server.start();
  return { server, stop: () => server.stop() };
};

/** A provider whose methods carry `@Task`, as if each had been written by hand. */
function probeProvider(probe: Probe): new () => object {
  @Injectable()
  class ProbeProvider {}
  for (const [name, { options, handler }] of Object.entries(probeTasks(probe))) {
    const method = { value: handler, configurable: true, writable: true };
    Object.defineProperty(ProbeProvider.prototype, name, method);
    Task({ name, ...options })(ProbeProvider.prototype, name, method);
  }
  return ProbeProvider;
}

/** Found by discovery in a Nest application. */
export const startNest: StartForm = async (options, probe) => {
  @Module({
    imports: [TaskServerModule.forRoot({ ...options, jobs: { nightly: PROBE_JOB } })],
    providers: [probeProvider(probe)],
  })
  class ProbeModule {}
  const app: INestApplicationContext = await NestFactory.createApplicationContext(ProbeModule, {
    logger: false,
    abortOnError: false,
  });
  return { server: app.get(TaskServer), stop: () => app.close() };
};
