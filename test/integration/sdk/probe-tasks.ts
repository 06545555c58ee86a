import { setTimeout as delay } from 'node:timers/promises';
import { TaskFailure } from '@cordyna/task-server';
import type { TaskContext, TaskEvent, TaskOptions } from '@cordyna/task-server';

/** What the handlers of one server did, and what holds them. */
export class Probe {
  readonly runs: TaskEvent[] = [];
  readonly aborted: string[] = [];
  readonly requestedKeys: string[] = [];
  private readonly held = new Map<string, () => void>();
  private open = false;

  runsOf = (invocation: string): number =>
    this.runs.filter((event) => event.invocation === invocation).length;

  /** Lets one waiting handler go, or all of them and those to come. */
  release(invocation?: string): void {
    if (invocation === undefined) this.open = true;
    for (const [waiting, go] of this.held) if (invocation === undefined || waiting === invocation) go();
  }

  hold(invocation: string): Promise<void> {
    if (this.open) return Promise.resolve();
    return new Promise((go) => this.held.set(invocation, go));
  }
}

type Handlers = Readonly<
  Record<string, { options?: TaskOptions; handler: (context: TaskContext) => unknown }>
>;

const circular = (): object => {
  const object: Record<string, unknown> = {};
  object.self = object;
  return object;
};

/** One task per thing that a handler may do; both forms of the SDK are built from this table. */
export const probeTasks = (probe: Probe): Handlers => {
  const noted =
    (handler: (context: TaskContext) => unknown) =>
    (context: TaskContext): unknown => {
      probe.runs.push(context.event);
      return handler(context);
    };
  const outputs = {
    'gives-nothing': () => undefined,
    'gives-a-list': () => [1, 2],
    'gives-too-much': () => ({ text: 'x'.repeat(800 * 1024) }),
    'gives-a-circle': circular,
    'gives-a-nul': () => ({ text: 'a\0b' }),
    'gives-depth': () => JSON.parse(`${'{"a":'.repeat(40)}1${'}'.repeat(40)}`) as object,
  };
  return {
    ...Object.fromEntries(
      Object.entries(outputs).map(([name, handler]) => [name, { handler: noted(handler) }]),
    ),
    echo: {
      options: {
        dependsOn: ['holds', 'elsewhere.load'],
        every: '60s',
        args: { region: 'eu' },
        retry: { maxAttempts: 3 },
        description: 'Gives back what it got.',
      },
      handler: noted(({ event }) => ({ ...event })),
    },
    holds: {
      handler: noted(async ({ event }) => {
        await probe.hold(event.invocation);
        return { pid: process.pid };
      }),
    },
    naps: { handler: noted(() => delay(20)) },
    obeys: {
      handler: noted(async ({ event, tools }) => {
        await delay(600_000, undefined, { signal: tools.signal }).catch((error: unknown) => {
          probe.aborted.push(event.invocation);
          throw error;
        });
      }),
    },
    'fails-for-good': {
      handler: noted(() => {
        throw TaskFailure.nonRetryable('No stock!', 'nothing to sell', { description: 'Ask the warehouse.' });
      }),
    },
    'fails-for-now': {
      handler: noted(() => {
        throw TaskFailure.retryable('busy', 'try later', { cause: new Error('socket closed') });
      }),
    },
    throws: {
      handler: noted(() => {
        throw new TypeError('x is not a function');
      }),
    },
    chats: {
      handler: noted(({ tools }) => {
        tools.logger.info('reading', { rows: 3 });
        tools.logger.error('odd\0 row');
        for (let percent = 1; percent <= 100; percent += 1) tools.progress(percent, `row ${percent}`);
      }),
    },
    asks: {
      handler: noted(async ({ tools }) => {
        const first = await tools.invoke('holds', { args: { from: 'asks' } });
        const second = await tools.invoke({ job: 'nightly' });
        probe.requestedKeys.push(first.idempotencyKey, second.idempotencyKey);
      }),
    },
    'asks-wrongly': { handler: noted(({ tools }) => tools.invoke('Not A Name')) },
    computes: {
      handler: noted(() => {
        const end = performance.now() + 40;
        while (performance.now() < end);
      }),
    },
  };
};

export const PROBE_JOB = {
  description: 'Every night.',
  tasks: ['echo', { task: 'holds', dependsOn: ['echo'] }],
};
