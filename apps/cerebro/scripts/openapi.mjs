// Writes docs/openapi.json. Run after `node scripts/build.mjs libs/protocol libs/engine apps/cerebro`, from anywhere.
import 'reflect-metadata';
import { NestFactory } from '@nestjs/core';
import { writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import {
  Commands,
  DefinitionQueries,
  Definitions,
  Files,
  EventQueries,
  Events,
  Metrics,
  Queries,
  Readiness,
  ScheduleQueries,
  Schedules,
} from '../dist/coordination/index.js';
import { HealthModule } from '../dist/health/index.js';
import { HttpModule, openApiDocument } from '../dist/http/index.js';

class Described {}
// Nobody is asked anything: the document is made of the controllers' decorators.
const ports = [
  Commands,
  DefinitionQueries,
  Definitions,
  Files,
  EventQueries,
  Events,
  Metrics,
  Queries,
  Readiness,
  ScheduleQueries,
  Schedules,
];
const providers = ports.map((provide) => ({ provide, useValue: {} }));
const module = {
  module: Described,
  global: true,
  imports: [HttpModule, HealthModule],
  providers,
  exports: providers,
};
const app = await NestFactory.create(module, { logger: ['error', 'warn'] });
const file = fileURLToPath(new URL('../../../docs/openapi.json', import.meta.url));
writeFileSync(file, await format(JSON.stringify(openApiDocument(app)), { parser: 'json', printWidth: 110 }));
await app.close();
console.log('docs/openapi.json written');
