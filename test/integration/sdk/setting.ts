import type { TaskServerOptions } from '@cordyna/task-server';
import { testBroker } from '@cordyna/testkit';
import { FakeCoordinator } from './fake-coordinator.js';
import type { RunningServer, StartForm } from './forms.js';
import { Probe } from './probe-tasks.js';

export interface Started extends RunningServer {
  readonly name: string;
  readonly probe: Probe;
}

/** One coordinator for a file; each test starts servers of its own name. */
export class Setting {
  private started: Started[] = [];
  private servers = 0;

  private constructor(
    readonly coordinator: FakeCoordinator,
    private readonly form: StartForm,
  ) {}

  static async open(form: StartForm): Promise<Setting> {
    return new Setting(await FakeCoordinator.start(await testBroker()), form);
  }

  newName = (): string => `server-${(this.servers += 1)}`;

  /** @param options with a `name`: another instance of that server */
  async start(options: Partial<TaskServerOptions> = {}, probe = new Probe()): Promise<Started> {
    const { brokers, prefix } = this.coordinator.broker;
    const name = options.name ?? this.newName();
    const running = await this.form(
      { brokers, topicPrefix: prefix, log: () => undefined, ...options, name },
      probe,
    );
    const started = { ...running, name, probe };
    this.started.push(started);
    return started;
  }

  async stopAll(): Promise<void> {
    const running = this.started;
    this.started = [];
    for (const { probe } of running) probe.release();
    await Promise.all(running.map((server) => server.stop()));
  }
}
