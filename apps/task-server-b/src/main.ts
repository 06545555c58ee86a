import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { AppModule } from './app.module.js';
import { readConfig } from './config.js';

const app = await NestFactory.createApplicationContext(AppModule.with(readConfig()), {
  logger: ['error', 'warn', 'fatal'],
});
app.enableShutdownHooks(['SIGTERM', 'SIGINT'], { useProcessExit: true });
