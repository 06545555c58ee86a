import { once } from 'node:events';
import { createTaskServer, TaskFailure } from '@cordyna/task-server';
import type { RuntimeOptions, TaskServer } from '@cordyna/task-server';
import { misbehaving } from '@cordyna/task-server/testing';
import type { Conduct } from '@cordyna/task-server/testing';

/** What tasks do to their commands instead of running them. */
const CONDUCT: Readonly<Record<string, Conduct>> = {
  'server-c.never-acknowledges': 'ignore',
  'server-c.acknowledges-and-never-starts': 'hold',
};
const ON_DEMAND = { args: { misbehave: true } };

/** One task of each kind that goes wrong. With the argument `misbehave: false` each does what it should. */
export function createServerC(runtime: RuntimeOptions): TaskServer {
  const server = createTaskServer({
    ...runtime,
    name: 'server-c',
    version: '1.0.0',
    team: 'chaos',
    description: 'Misbehaves on demand.',
  })
    .task('behaves', { description: 'Gives back its arguments.' }, ({ event }) => ({ ...event.args }))
    .task(
      'fails',
      {
        args: { misbehave: true, failures: 1_000_000 },
        description: 'Fails in as many attempts as `failures` says; `retryable: false` fails for good.',
      },
      ({ event: { args, attempt } }) => {
        if (args.misbehave === false || attempt > Number(args.failures)) return { attempts: attempt };
        const failure = args.retryable === false ? TaskFailure.nonRetryable : TaskFailure.retryable;
        throw failure('failed_on_demand', `attempt ${attempt} failed, as was asked for`, {
          description: 'This task fails on purpose: nothing has to be done.',
        });
      },
    )
    .task('never-acknowledges', ON_DEMAND, () => ({ acknowledged: true }))
    .task('acknowledges-and-never-starts', ON_DEMAND, () => ({ started: true }))
    .task('starts-and-never-ends', ON_DEMAND, async ({ event, tools }) => {
      if (event.args.misbehave === false) return { ended: true };
      // Nobody stops it but a cancel: Cerebro sends one when it has timed out.
      if (!tools.signal.aborted) await once(tools.signal, 'abort');
      throw tools.signal.reason;
    });
  return misbehaving(server, ({ task, args }) =>
    args.misbehave === false ? 'run' : (CONDUCT[task] ?? 'run'),
  );
}
