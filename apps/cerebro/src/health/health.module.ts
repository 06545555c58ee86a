import { Module } from '@nestjs/common';
import { HealthController } from './health.controller.js';

/** Needs Readiness and Metrics of a global module. */
@Module({ controllers: [HealthController] })
export class HealthModule {}
