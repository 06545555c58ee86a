import 'reflect-metadata';
import { Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { AppModule } from './app.module.js';
import { compose } from './composition.js';
import { ConfigError, LOG_LEVELS, loadConfig, type LogLevel } from './config/index.js';
import { DoorFiles } from './coordination/index.js';
import { PrometheusMetrics } from './health/index.js';
import { configureHttp, HTTP_OPTIONS } from './http/index.js';
import { createPersistence } from './persistence/index.js';
import { SpareMemory } from './spare-memory.js';
import { CordynaYaml } from './triggers/index.js';

/** Exit code when the configuration is wrong: starting again does not help. */
const WRONG_CONFIG = 2;

/** Nest calls `info` `log`. */
const levelsUpTo = (level: LogLevel) =>
  LOG_LEVELS.slice(0, LOG_LEVELS.indexOf(level) + 1).map((name) => (name === 'info' ? 'log' : name));

async function main(): Promise<void> {
  const config = loadConfig();
  const logger = new Logger('Cerebro');
  Logger.overrideLogger(levelsUpTo(config.logLevel));
  const persistence = createPersistence({
    url: config.databaseUrl.reveal(),
    applicationName: config.instance,
  });
  const metrics = new PrometheusMetrics();
  const composition = compose(config, persistence, metrics, (reason) => {
    logger.error(`the consumer gave up: ${reason.message}; ending, so that a supervisor can start anew`);
    process.exit(1);
  });
  const module = AppModule.with({
    composition,
    metrics,
    queries: persistence.queries,
    definitions: persistence.definitions,
    schedules: persistence.schedules,
    files: new DoorFiles(new CordynaYaml(), composition.definitions, persistence.definitions),
    events: persistence.events,
    closePersistence: () => persistence.close(),
  });
  const app = await NestFactory.create<NestExpressApplication>(module, {
    ...HTTP_OPTIONS,
    logger: levelsUpTo(config.logLevel),
  });
  configureHttp(app);
  app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
  app.connectMicroservice({ strategy: composition.transport });
  // HTTP first: while PostgreSQL or Kafka are away, the health checks say so.
  await app.listen(config.http.port, config.http.host);
  logger.log(`${config.instance} listens on http://${config.http.host}:${config.http.port}`);
  await composition.coordinator.prepare();
  await app.startAllMicroservices();
  await composition.coordinator.startTimers();
  logger.log('coordinating');
  new SpareMemory().start();
}

main().catch((error: unknown) => {
  if (error instanceof ConfigError) process.stderr.write(`${error.message}\n`);
  else process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(error instanceof ConfigError ? WRONG_CONFIG : 1);
});
