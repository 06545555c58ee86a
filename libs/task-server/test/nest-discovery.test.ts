import { Controller, Inject, Injectable, Module, Scope } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { describe, expect, test } from '@jest/globals';
import { TaskServer } from '../src/index.js';
import type { TaskContext } from '../src/index.js';
import { runTask } from '../src/harness/index.js';
import { Task, TaskServerModule } from '../src/nest/index.js';

@Injectable()
class Rates {
  readonly euro = 1.1;
}

class Base {
  @Task({ name: 'inherited' })
  inherited(): object {
    return { by: this.constructor.name };
  }
}

@Injectable()
class Tasks extends Base {
  constructor(@Inject(Rates) private readonly rates: Rates) {
    super();
  }

  @Task({ name: 'convert', every: '60s', description: 'Converts.' })
  convert({ event }: TaskContext): object {
    return { converted: Number(event.args.amount) * this.rates.euro };
  }

  notATask(): void {}
}

@Controller()
class OnController {
  @Task({ name: 'on-controller' })
  run(): object {
    return {};
  }
}

@Injectable({ scope: Scope.REQUEST })
class PerRequest {
  @Task({ name: 'per-request' })
  run(): object {
    return {};
  }
}

@Injectable()
class Misnamed {
  @Task({ name: 'Not A Name' })
  run(): object {
    return {};
  }
}

const OPTIONS = { name: 'server-n', brokers: ['localhost:1'], autoStart: false };

async function serverWith(
  providers: Type[],
  controllers: Type[] = [],
  imported?: DynamicModule,
): Promise<TaskServer> {
  @Module({ imports: [imported ?? TaskServerModule.forRoot(OPTIONS)], providers, controllers })
  class TestModule {}
  const app = await NestFactory.createApplicationContext(TestModule, { logger: false, abortOnError: false });
  const server = app.get(TaskServer);
  await app.close();
  return server;
}

describe('the Nest form', () => {
  test('finds tasks on providers and controllers, inherited ones too, and calls them on their instance', async () => {
    const server = await serverWith([Rates, Tasks], [OnController]);

    expect(server.declaration().tasks).toEqual([
      { name: 'convert', everyMs: 60_000, description: 'Converts.' },
      { name: 'inherited' },
      { name: 'on-controller' },
    ]);
    expect(await runTask(server, 'convert', { args: { amount: 10 } })).toMatchObject({
      output: { converted: 11 },
    });
    expect(await runTask(server, 'inherited')).toMatchObject({ output: { by: 'Tasks' } });
  });

  test('takes its options from a factory that is injected', async () => {
    const imported = TaskServerModule.forRootAsync({
      imports: [{ module: class {}, providers: [Rates], exports: [Rates] }],
      inject: [Rates],
      useFactory: (rates: Rates) => ({
        ...OPTIONS,
        version: String(rates.euro),
        jobs: { nightly: { tasks: ['on-controller'] } },
      }),
    });

    const server = await serverWith([], [OnController], imported);

    expect(server.declaration()).toMatchObject({ version: '1.1', jobs: [{ name: 'nightly' }] });
  });

  test.each([
    [PerRequest, /@Task on PerRequest\.run: .*request-scoped or transient/],
    [Misnamed, /@Task on Misnamed\.run: .*the name "Not A Name" must be/],
  ])('refuses %p at the start, naming class and method', async (provider, message) => {
    await expect(serverWith([provider])).rejects.toThrow(message);
  });
});
