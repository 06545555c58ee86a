import Docker from 'dockerode';
import { createTaskServer } from '@cordyna/task-server';
import type { RuntimeOptions, TaskContext, TaskHandler, TaskServer } from '@cordyna/task-server';
import { ACTIVITY_SCHEMA } from './activities/activity.js';
import { runCmdActivity } from './activities/cmd-activity.js';
import { runDockerActivity } from './activities/docker-activity.js';
import { commandEnvironment } from './command-environment.js';
import { fillIn } from './command/fill-in.js';
import { runCommand } from './command/run-command.js';
import { removeLeftOver } from './container/left-over.js';
import { runContainer } from './container/run-container.js';
import type { CommandTask, ContainerTask, RunnerSettings } from './settings/settings.js';

export interface RunnerParts {
  readonly settings: RunnerSettings;
  readonly runtime: RuntimeOptions;
  readonly variables: Readonly<Record<string, string | undefined>>;
  /** Default: by DOCKER_HOST, otherwise the usual socket. */
  readonly docker?: Docker;
}

/** A task server with what the configuration declares. @throws InvalidDeclarationError */
export function createRunner({ settings, runtime, variables, docker }: RunnerParts): TaskServer {
  const { server: name, about, folder: cwd, inheritEnv, tasks, activities } = settings;
  const server = createTaskServer({ ...runtime, ...about, name });
  const env = commandEnvironment(variables, inheritEnv);
  const engine = docker ?? new Docker();
  for (const task of tasks) {
    const { defaults, ...declared } = task.declared;
    const options = { ...declared, ...(defaults ? { args: defaults } : {}) };
    server.task(
      task.name,
      options,
      task.kind === 'command' ? commandOf(task, env) : containerOf(task, engine),
    );
  }
  if (activities?.cmd) {
    const description = 'Runs the command of an activity of a rule.';
    const run = (context: TaskContext): Promise<object> => runCmdActivity(activities, { env, cwd }, context);
    server.task('cmd', { description, argsSchema: ACTIVITY_SCHEMA }, run);
  }
  if (activities?.docker) {
    const description = 'Runs the container of an activity of a rule.';
    const run = (context: TaskContext): Promise<object> => runDockerActivity(engine, activities, context);
    server.task('docker', { description, argsSchema: ACTIVITY_SCHEMA }, run);
  }
  return server;
}

/** Resolves when Cerebro has accepted the runner. */
export async function startRunner(parts: RunnerParts): Promise<void> {
  const { settings, docker = new Docker() } = parts;
  const server = createRunner({ ...parts, docker });
  const runsContainers = settings.tasks.some(({ kind }) => kind === 'docker') || settings.activities?.docker;
  if (runsContainers) await removeLeftOver(docker, settings.server);
  await server.start();
}

function commandOf(task: CommandTask, env: Readonly<Record<string, string>>): TaskHandler {
  const { program, args, cwd, timeoutMs, logLines } = task;
  return (context) => {
    const filled = args.map((argument) => fillIn(argument, context.event));
    const own = filledValues(task.env, context);
    return runCommand({ program, args: filled, env: { ...env, ...own }, cwd, timeoutMs }, logLines, context);
  };
}

function containerOf({ container, timeoutMs, logLines }: ContainerTask, engine: Docker): TaskHandler {
  return (context) => {
    const cmd = container.cmd?.map((argument) => fillIn(argument, context.event));
    const settings = { ...container, ...(cmd ? { cmd } : {}), env: filledValues(container.env, context) };
    return runContainer(engine, { settings, timeoutMs, logLines }, context);
  };
}

const filledValues = (
  env: Readonly<Record<string, string>>,
  { event }: TaskContext,
): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, value]) => [name, fillIn(value, event)]));
