import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
  Inject,
} from '@nestjs/common';
import {
  DefinitionQueries,
  Installation,
  ProgressStore,
  Queries,
  ScheduleQueries,
  Store,
  TimerQueries,
} from '../coordination/ports/index.js';
import { createPersistence, type Persistence, type PersistenceOptions } from './persistence.js';

export const PERSISTENCE = Symbol('PERSISTENCE');

export interface PersistenceModuleOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (...dependencies: never[]) => PersistenceOptions | Promise<PersistenceOptions>;
}

const part = <Name extends keyof Persistence>(provide: FactoryProvider['provide'], name: Name) => ({
  provide,
  inject: [PERSISTENCE],
  useFactory: (persistence: Persistence) => persistence[name],
});

/** Provides `Store`, `TimerQueries`, `ProgressStore`, `Queries` and `Installation`; closes last of all. */
@Module({})
export class PersistenceModule implements OnApplicationShutdown {
  constructor(@Inject(PERSISTENCE) private readonly persistence: Persistence) {}

  static register({ imports = [], inject = [], useFactory }: PersistenceModuleOptions): DynamicModule {
    const parts = [
      part(Store, 'store'),
      part(TimerQueries, 'timers'),
      part(ProgressStore, 'progress'),
      part(Queries, 'queries'),
      part(DefinitionQueries, 'definitions'),
      part(ScheduleQueries, 'schedules'),
      part(Installation, 'installation'),
    ];
    const all = {
      provide: PERSISTENCE,
      inject,
      useFactory: async (...dependencies: never[]) => createPersistence(await useFactory(...dependencies)),
    };
    return {
      module: PersistenceModule,
      imports,
      providers: [all, ...parts],
      exports: [PERSISTENCE, ...parts.map(({ provide }) => provide)],
    };
  }

  async onApplicationShutdown(): Promise<void> {
    await this.persistence.close();
  }
}
