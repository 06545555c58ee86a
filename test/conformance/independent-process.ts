import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { startProcess, temporaryDirectory, type StartedProcess } from '@cordyna/testkit';
import type { JsonObject, ServerDeclaration } from '@cordyna/protocol/model';

export interface Behaviour {
  readonly sleepMs?: number;
  readonly output?: JsonObject;
  /** The output also holds the args and inputs that came. */
  readonly echo?: boolean;
  readonly say?: string;
  readonly fail?: boolean | JsonObject;
  readonly failAttempts?: number;
}

export interface IndependentOptions {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly declaration: ServerDeclaration;
  readonly behaviour?: Readonly<Record<string, Behaviour>>;
  readonly capacity?: number;
  readonly answerMs?: number;
}

/** One line of the side-effect file. */
export interface Execution {
  readonly invocation: string;
  readonly run: string;
  readonly task: string;
  readonly attempt: number;
  readonly instance: string;
  readonly at: string;
}

export interface IndependentServer {
  readonly process: StartedProcess;
  executions(): readonly Execution[];
  untilReady(): Promise<void>;
}

/** Runs independent-server.mjs as a process of its own, which knows the broker and its declaration only. */
export async function startIndependentServer(options: IndependentOptions): Promise<IndependentServer> {
  const effects = join(await temporaryDirectory('effects'), 'executions.jsonl');
  const child = await startProcess({
    name: options.declaration.server,
    command: ['node', join(import.meta.dirname, 'independent-server.mjs')],
    env: {
      KAFKA_BROKERS: options.brokers.join(','),
      CORDYNA_TOPIC_PREFIX: options.prefix,
      INDEPENDENT_DECLARATION: JSON.stringify(options.declaration),
      INDEPENDENT_BEHAVIOUR: JSON.stringify(options.behaviour ?? {}),
      INDEPENDENT_EFFECTS: effects,
      INDEPENDENT_CAPACITY: String(options.capacity ?? 10),
      INDEPENDENT_ANSWER_MS: String(options.answerMs ?? 10_000),
    },
  });
  return {
    process: child,
    executions() {
      const text = existsSync(effects) ? readFileSync(effects, 'utf8') : '';
      return text
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Execution);
    },
    async untilReady() {
      await child.waitForOutput(/"what":"ready"/, 30_000);
    },
  };
}
