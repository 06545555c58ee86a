import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

export class TaskFailed extends Error {
  constructor(error) {
    super(error.message);
    this.error = error;
  }
}

function recordExecution(path, invoke, instance) {
  const { invocation, run, task, attempt, item } = invoke;
  const line = JSON.stringify({
    invocation,
    run,
    task,
    attempt,
    item,
    instance,
    at: new Date().toISOString(),
  });
  const file = openSync(path, 'a');
  try {
    writeSync(file, `${line}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

/**
 * Does one task as `INDEPENDENT_BEHAVIOUR` says.
 * @param {{ say(type: string, data: object): Promise<void>, signal: AbortSignal }} tools
 * @returns {Promise<object>} the output
 */
export async function perform(config, invoke, { say, signal }) {
  if (config.effects) recordExecution(config.effects, invoke, config.instance);
  const bare = invoke.task.slice(invoke.task.indexOf('.') + 1);
  const { sleepMs = 0, output = {}, echo, say: words, fail, failAttempts } = config.behaviour[bare] ?? {};
  if (words) {
    await say('cordyna.task.log.v1', { level: 'info', message: words });
    await say('cordyna.task.progress.v1', { percent: 50, message: words });
  }
  if (sleepMs > 0) await sleep(sleepMs, undefined, { signal });
  const failing = failAttempts === undefined ? fail : invoke.attempt <= failAttempts && (fail ?? true);
  if (failing)
    throw new TaskFailed({
      code: 'failed_on_demand',
      message: `${invoke.task} was told to fail`,
      ...failing,
    });
  return echo ? { ...output, args: invoke.args, inputs: invoke.inputs, item: invoke.item } : output;
}
