import { nextStep, type Registry, type RuleFiring } from '@cordyna/engine';
import type { JsonObject, RunRequest } from '@cordyna/protocol/model';

/** What a firing is about to ask for; null when it begins nothing. */
export function requestOfFiring(
  firing: RuleFiring,
  registry: Registry,
  events: readonly JsonObject[],
): RunRequest | null {
  const isDeclared = (task: string): boolean => registry.tasks.has(task);
  const next = nextStep(firing, { run: null, isDeclared, events });
  return next.step === 'start' ? next.request : null;
}
