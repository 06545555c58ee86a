import { Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { TaskServer } from '@cordyna/task-server';
import { TaskServerModule } from '@cordyna/task-server/nest';
import { instrument } from '@cordyna/task-server/testing';
import type { Config } from './config.js';
import { FileTasks } from './file-tasks.js';
import { OrderTasks } from './order-tasks.js';

@Module({})
export class AppModule {
  static with({ runtime, instruments }: Config): DynamicModule {
    const instrumented = {
      provide: 'instruments',
      inject: [TaskServer],
      useFactory: (server: TaskServer) => instrument(server, instruments),
    };
    return {
      module: AppModule,
      imports: [
        TaskServerModule.forRoot({
          ...runtime,
          name: 'server-b',
          version: '1.0.0',
          team: 'reports',
          description: 'Works on what server-a reads.',
          jobs: { nightly: { tasks: ['server-a.extract', 'server-a.prices', 'load', 'report'] } },
        }),
      ],
      providers: [OrderTasks, FileTasks, instrumented],
    };
  }
}
