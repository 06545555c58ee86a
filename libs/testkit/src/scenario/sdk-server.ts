import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { JsonObject, ServerDeclaration } from '@cordyna/protocol/model';
import { programCommand, temporaryDirectory } from '../paths.js';
import { startProcess, type StartedProcess } from '../start-process.js';

export interface SdkServerOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly declaration: ServerDeclaration;
  /** What each task does, by bare name; see the SDK's generic test server. */
  readonly behaviours?: Readonly<Record<string, JsonObject>>;
  /** How many handlers run at once. */
  readonly concurrency?: number;
  readonly queueLimit?: number;
}

/** A handler was called: one line of the side-effect file. */
export interface SdkExecution {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly pid: number;
}

export interface SdkServer {
  readonly process: StartedProcess;
  executions(): readonly SdkExecution[];
}

/** Runs a task server of the SDK with any declaration as a process of its own. The API says when it is online. */
export async function startSdkServer(options: SdkServerOptions): Promise<SdkServer> {
  const { declaration, behaviours = {}, concurrency, queueLimit } = options;
  const sideEffects = join(await temporaryDirectory('side-effects'), 'executions.jsonl');
  const process = await startProcess({
    name: declaration.server,
    command: programCommand('generic-server'),
    env: {
      KAFKA_BROKERS: options.brokers.join(','),
      CORDYNA_TOPIC_PREFIX: options.prefix,
      CORDYNA_DECLARATION: JSON.stringify(declaration),
      CORDYNA_BEHAVIOURS: JSON.stringify(behaviours),
      CORDYNA_SIDE_EFFECTS: sideEffects,
      CORDYNA_CONCURRENCY: concurrency?.toString(),
      CORDYNA_QUEUE_LIMIT: queueLimit?.toString(),
    },
  });
  return {
    process,
    executions() {
      const text = existsSync(sideEffects) ? readFileSync(sideEffects, 'utf8') : '';
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as SdkExecution);
    },
  };
}
