import type { JsonObject, JsonValue, RunRequest } from '@cordyna/protocol/model';
import type { Api } from '../api/client.js';
import { CliError } from '../cli-error.js';

export interface InvokeOptions {
  readonly arg: readonly string[];
  readonly args?: string;
  readonly taskArgs: readonly string[];
  readonly scope?: 'downstream' | 'task';
  readonly key?: string;
  readonly job?: boolean;
}

function json(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

function jsonObject(text: string, option: string): JsonObject {
  const value = json(text);
  if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value as JsonObject;
  throw new CliError(
    `${option} is not a JSON object: ${text}`,
    `Write it like ${option} '{"day":"2026-11-21"}'.`,
  );
}

function pair(text: string, option: string): [name: string, value: string] {
  const at = text.indexOf('=');
  if (at > 0) return [text.slice(0, at), text.slice(at + 1)];
  throw new CliError(`${option} ${text} has no name before "=".`, `Write it like ${option} name=value.`);
}

/** `--arg`: what reads as JSON is taken as JSON, all else as a string. */
function argument(text: string): [string, JsonValue] {
  const [name, value] = pair(text, '--arg');
  return [name, json(value) ?? value];
}

/** A name without a dot is a job made over HTTP; with one it is a task, or, when no such task is declared, a server's job. */
async function isJob(name: string, api: Api): Promise<boolean> {
  if (!name.includes('.')) return true;
  const { nodes } = await api.graph();
  if (nodes.some(({ task }) => task === name)) return false;
  const server = name.slice(0, name.indexOf('.'));
  return nodes.some((node) => node.server === server);
}

/** The request that the command line asks for. Single arguments win over `--args`. */
export async function runRequest(name: string, options: InvokeOptions, api: Api): Promise<RunRequest> {
  const base = options.args === undefined ? {} : jsonObject(options.args, '--args');
  const args = { ...base, ...Object.fromEntries(options.arg.map(argument)) };
  const taskArgs = options.taskArgs.map((text) => {
    const [task, value] = pair(text, '--task-args');
    return [task, jsonObject(value, '--task-args')] as const;
  });
  const job = options.job ?? (await isJob(name, api));
  return {
    ...(job ? { job: name } : { task: name }),
    ...(Object.keys(args).length > 0 ? { args } : {}),
    ...(taskArgs.length > 0 ? { taskArgs: Object.fromEntries(taskArgs) } : {}),
    ...(options.scope ? { scope: options.scope } : {}),
    ...(options.key ? { idempotencyKey: options.key } : {}),
  };
}
