import { createTaskServer } from '@cordyna/task-server';
import type { RuntimeOptions, TaskOptions, TaskServer } from '@cordyna/task-server';
import { FLOW_REPORT_SCHEMA } from '@cordyna/protocol/model';
import { commandEnvironment } from '../command-environment.js';
import { Flow } from './flow.js';
import type { RequestRun } from './flow.js';
import { REPORT_TASK } from './flow-settings.js';
import type { FlowSettings } from './flow-settings.js';

export interface FlowServer {
  readonly server: TaskServer;
  readonly flow: Flow;
}

/**
 * A task server with a task per job, and one that reports how the flow stands.
 * @param request by default asks Cerebro
 * @throws InvalidDeclarationError
 */
export function createFlow(
  settings: FlowSettings,
  runtime: RuntimeOptions,
  variables: Readonly<Record<string, string | undefined>>,
  request?: RequestRun,
): FlowServer {
  const { server: name, about, inheritEnv, jobs } = settings;
  const server = createTaskServer({ ...runtime, ...about, name });
  const askCerebro: RequestRun = (task, args) =>
    server.invoke(task, { scope: 'task', args, trigger: 'file' });
  const flow = new Flow(settings, commandEnvironment(variables, inheritEnv), request ?? askCerebro);
  for (const job of jobs) server.task(job.name, job.declared, (context) => flow.run(job, context));
  const outputSchema = FLOW_REPORT_SCHEMA as unknown as NonNullable<TaskOptions['outputSchema']>;
  server.task(REPORT_TASK, { description: 'How the folders of the flow stand.', outputSchema }, () =>
    flow.report(),
  );
  return { server, flow };
}

/** Makes what is missing, and goes on doing so. Resolves when Cerebro has accepted the flow. */
export async function startFlow({ server, flow }: FlowServer): Promise<void> {
  await flow.prepare();
  await server.start();
  flow.begin();
}
