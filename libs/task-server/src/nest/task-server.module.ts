import { Inject, Module } from '@nestjs/common';
import type {
  DynamicModule,
  FactoryProvider,
  ModuleMetadata,
  OnApplicationBootstrap,
  OnModuleDestroy,
  OnModuleInit,
} from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import type { JobOptions } from '../declaration/options.js';
import { TaskServer } from '../server/task-server.js';
import type { TaskServerOptions } from '../server/task-server.js';
import { TaskExplorer } from './task-explorer.js';

export type TaskServerModuleOptions = TaskServerOptions & {
  readonly jobs?: Readonly<Record<string, JobOptions>>;
  /** Default true: the server starts with the application. False: call `start()` of the injected `TaskServer`. */
  readonly autoStart?: boolean;
};

export interface TaskServerModuleAsyncOptions {
  readonly imports?: ModuleMetadata['imports'];
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: (
    ...dependencies: never[]
  ) => TaskServerModuleOptions | Promise<TaskServerModuleOptions>;
}

const OPTIONS = Symbol('TaskServerModuleOptions');

/**
 * The Nest form: `@Task` methods are found by discovery, the server starts when the application has bootstrapped and stops
 * when it shuts down (call `app.enableShutdownHooks()` so that SIGTERM drains it). `TaskServer` can be injected.
 */
@Module({})
export class TaskServerModule implements OnModuleInit, OnApplicationBootstrap, OnModuleDestroy {
  constructor(
    private readonly explorer: TaskExplorer,
    private readonly server: TaskServer,
    @Inject(OPTIONS) private readonly options: TaskServerModuleOptions,
  ) {}

  static forRoot(options: TaskServerModuleOptions): DynamicModule {
    return dynamicModule({ provide: OPTIONS, useValue: options }, []);
  }

  static forRootAsync({ imports, inject, useFactory }: TaskServerModuleAsyncOptions): DynamicModule {
    return dynamicModule({ provide: OPTIONS, inject: inject ?? [], useFactory }, imports ?? []);
  }

  /** @throws InvalidDeclarationError at the application's start */
  onModuleInit(): void {
    this.explorer.declareAll(this.server);
    for (const [name, job] of Object.entries(this.options.jobs ?? {})) this.server.job(name, job);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.options.autoStart ?? true) await this.server.start();
  }

  /** Not in a later hook: what the handlers use is closed there. */
  async onModuleDestroy(): Promise<void> {
    await this.server.stop();
  }
}

function dynamicModule(
  options: NonNullable<DynamicModule['providers']>[number],
  imports: NonNullable<DynamicModule['imports']>,
): DynamicModule {
  const server: FactoryProvider<TaskServer> = {
    provide: TaskServer,
    inject: [OPTIONS],
    // Nest has shutdown hooks of its own.
    useFactory: (all: TaskServerModuleOptions) => new TaskServer({ handleSignals: false, ...all }),
  };
  return {
    module: TaskServerModule,
    global: true,
    imports: [DiscoveryModule, ...imports],
    providers: [options, server, TaskExplorer],
    exports: [TaskServer],
  };
}
