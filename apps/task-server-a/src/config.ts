import { optionsFromEnvironment } from '@cordyna/task-server';
import type { RuntimeOptions } from '@cordyna/task-server';
import type { Instruments } from '@cordyna/task-server/testing';

export interface Config {
  /** KAFKA_BROKERS, CORDYNA_TOPIC_PREFIX, CORDYNA_CONCURRENCY, CORDYNA_QUEUE_LIMIT, CORDYNA_DRAIN_MS */
  readonly runtime: RuntimeOptions;
  /** CORDYNA_SIDE_EFFECTS: a file of executions; CORDYNA_TASK_SLEEP_MS: longer tasks. Both for tests. */
  readonly instruments: Instruments;
}

export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const { CORDYNA_SIDE_EFFECTS: sideEffects, CORDYNA_TASK_SLEEP_MS: taskSleepMs } = env;
  return {
    runtime: optionsFromEnvironment(env),
    instruments: {
      ...(sideEffects ? { sideEffects } : {}),
      ...(taskSleepMs ? { taskSleepMs: Number(taskSleepMs) } : {}),
    },
  };
}
