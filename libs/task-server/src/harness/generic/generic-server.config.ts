import type { ServerDeclaration } from '@cordyna/protocol/model';
import { optionsFromEnvironment } from '../../lifecycle/environment.config.js';
import type { RuntimeOptions } from '../../lifecycle/options.js';
import type { Instruments } from '../instrument.js';
import type { Behaviours } from './generic-server.js';

export interface GenericServerConfig {
  readonly declaration: ServerDeclaration;
  readonly behaviours: Behaviours;
  readonly runtime: RuntimeOptions;
  readonly instruments: Instruments;
}

/**
 * CORDYNA_DECLARATION: data of `cordyna.server.declared.v1` as JSON. CORDYNA_BEHAVIOURS: JSON, by bare task name.
 * CORDYNA_SIDE_EFFECTS, CORDYNA_TASK_SLEEP_MS: see `instrument`. The rest: see `optionsFromEnvironment`.
 */
export function readGenericServerConfig(env: NodeJS.ProcessEnv = process.env): GenericServerConfig {
  const sideEffects = env['CORDYNA_SIDE_EFFECTS'];
  const taskSleepMs = env['CORDYNA_TASK_SLEEP_MS'];
  return {
    declaration: JSON.parse(env['CORDYNA_DECLARATION'] ?? '') as ServerDeclaration,
    behaviours: JSON.parse(env['CORDYNA_BEHAVIOURS'] || '{}') as Behaviours,
    runtime: optionsFromEnvironment(env),
    instruments: {
      ...(sideEffects ? { sideEffects } : {}),
      ...(taskSleepMs ? { taskSleepMs: Number(taskSleepMs) } : {}),
    },
  };
}
