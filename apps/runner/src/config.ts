import { optionsFromEnvironment } from '@cordyna/task-server';
import type { RuntimeOptions } from '@cordyna/task-server';

export interface Config {
  /** KAFKA_BROKERS, CORDYNA_TOPIC_PREFIX, CORDYNA_CONCURRENCY, CORDYNA_QUEUE_LIMIT, CORDYNA_DRAIN_MS */
  readonly runtime: RuntimeOptions;
  /** The runner's own; commands get what `inheritEnv` names of it. DOCKER_HOST and its like are read by dockerode. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

export const readConfig = (env: NodeJS.ProcessEnv = process.env): Config => ({
  runtime: optionsFromEnvironment(env),
  variables: env,
});
