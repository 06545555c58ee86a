import { programCommand, type Program } from './paths.js';
import { startProcess, type StartedProcess } from './start-process.js';

export interface TaskServerAppOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/** Runs one of the compiled example servers, e.g. `task-server-a`. Cerebro's API says when it is registered. */
export const startTaskServerApp = (app: Program, options: TaskServerAppOptions): Promise<StartedProcess> =>
  startProcess({
    name: app,
    command: programCommand(app),
    env: {
      KAFKA_BROKERS: options.brokers.join(','),
      CORDYNA_TOPIC_PREFIX: options.prefix,
      ...options.env,
    },
  });
