import { Module, type DynamicModule, type Provider } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationShutdown } from '@nestjs/common';
import type { Composition } from './composition.js';
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
} from './coordination/index.js';
import { HealthModule } from './health/index.js';
import { HttpModule } from './http/index.js';
import { INBOUND_TRANSPORT, InboundController, InboundHandler } from './messaging/index.js';
import { MonitorModule } from './monitor/index.js';

export interface AppParts {
  readonly composition: Composition;
  readonly queries: Queries;
  readonly definitions: DefinitionQueries;
  readonly schedules: ScheduleQueries;
  readonly files: Files;
  readonly events: EventQueries;
  readonly metrics: Metrics;
  readonly closePersistence: () => Promise<void>;
}

/** The orderly end: no proposals, then (Nest) no HTTP and no consumer, then what was taken in is finished. */
class Lifecycle implements BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(private readonly parts: AppParts) {}

  async beforeApplicationShutdown(): Promise<void> {
    await this.parts.composition.coordinator.stopTimers();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.parts.composition.coordinator.drain();
    await this.parts.closePersistence();
  }
}

/** Nest's view of one coordinator: its controllers for the bus and for HTTP. */
@Module({})
export class AppModule {
  static with(parts: AppParts): DynamicModule {
    const { composition, queries, definitions, schedules, events, files, metrics } = parts;
    const shared: Provider[] = [
      { provide: Queries, useValue: queries },
      { provide: DefinitionQueries, useValue: definitions },
      { provide: Definitions, useValue: composition.definitions },
      { provide: Files, useValue: files },
      { provide: ScheduleQueries, useValue: schedules },
      { provide: Schedules, useValue: composition.schedules },
      { provide: EventQueries, useValue: events },
      { provide: Events, useValue: composition.events },
      { provide: Metrics, useValue: metrics },
      { provide: Commands, useValue: composition.commands },
      { provide: Readiness, useValue: composition.readiness },
      { provide: InboundHandler, useValue: composition.handler },
      { provide: INBOUND_TRANSPORT, useValue: composition.transport },
    ];
    return {
      module: AppModule,
      global: true,
      imports: [HealthModule, HttpModule, MonitorModule],
      controllers: [InboundController],
      providers: [...shared, { provide: Lifecycle, useFactory: () => new Lifecycle(parts) }],
      exports: shared,
    };
  }
}
