import type { Activity } from '@cordyna/protocol/model';

/** The task server that runs activities without code, unless a rule names another (docs/runner.md). */
export const RUNNER = 'runner';

/** The task that runs an activity which is a command. */
export const runnerTask = ({ runner, task_type: type }: Activity): string =>
  `${runner ?? RUNNER}.${type === 'docker' ? 'docker' : 'cmd'}`;
