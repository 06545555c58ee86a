import { Module } from '@nestjs/common';
import { MonitorController } from './monitor.controller.js';

@Module({ controllers: [MonitorController] })
export class MonitorModule {}
