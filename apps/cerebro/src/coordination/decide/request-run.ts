import { hash } from 'node:crypto';
import { checkArgs, create, planJob, planTask, type RunSeed } from '@cordyna/engine';
import type { DeadLetterReason, RunRequest, Trigger } from '@cordyna/protocol/model';
import canonicalize from 'canonicalize';
import type { Inbound, Outcome, RefusalCode } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import { originOf, worldOf, type Tools } from './context.js';
import { deadLetterOf } from './dead-letter.js';

type Requested = Extract<Inbound, { kind: 'run-requested' }>;
type Refused = Extract<Outcome, { kind: 'refused' }>;

/** What must be the same when a key or a run id comes again: everything but the key and the id themselves. */
export function contentHashOf(request: RunRequest): string {
  const { task, job, args = {}, taskArgs = {}, scope = 'downstream' } = request;
  const text = canonicalize({ task, job, args, taskArgs, scope }) ?? '';
  // Whoever asks for many runs asks for the same.
  if (last.text !== text) last = { text, hashed: hash('sha256', text, 'hex') };
  return last.hashed;
}

let last = { text: '', hashed: hash('sha256', '', 'hex') };

/** What a key is unique for. A task and a job of a server may have the same name. */
export const targetOf = ({ task, job = '' }: RunRequest): string => task ?? `job ${job}`;

/** A request for a run: the first of its key creates it, a repetition finds it, another content is refused. */
export function decideRunRequest(inbound: Requested, work: WorkingSet, tools: Tools): Outcome {
  const outcome = decide(inbound, work, tools);
  if (outcome.kind === 'refused' && inbound.where) {
    const detail = [outcome.message, ...outcome.errors.map(({ path, message }) => `${path}: ${message}`)];
    const reason = outcome.code as DeadLetterReason;
    work.addDeadLetter(deadLetterOf(inbound.where, reason, detail.join('; ')));
  }
  return outcome;
}

function decide(inbound: Requested, work: WorkingSet, tools: Tools): Outcome {
  const { request } = inbound;
  const contentHash = contentHashOf(request);
  const target = targetOf(request);
  const key = request.idempotencyKey ?? inbound.fallbackKey;
  const known = key === null ? undefined : work.key(target, key);
  if (known) {
    if (known.contentHash === contentHash) return { kind: 'run', run: known.run, created: false };
    return refuse('key_reused', `the key was used for ${target} with other content; run ${known.run} has it`);
  }
  if (request.run !== undefined && work.run(request.run)) {
    if (work.contentHashOf(request.run) === contentHash) {
      if (key !== null) work.addKey({ target, key, run: request.run, contentHash });
      return { kind: 'run', run: request.run, created: false };
    }
    work.mustKnowKey(target, key);
    return refuse('key_reused', `run ${request.run} exists with other content`);
  }
  const run = request.run ?? inbound.newRun;
  // A commit of unknown outcome is decided again: the run may be there already.
  if (work.run(run)) return { kind: 'run', run, created: false };
  const seed = seedOf(run, request, inbound.trigger, work, tools);
  if ('kind' in seed) {
    // What is refused writes no key which would meet the one that is there.
    work.mustKnowKey(target, key);
    return seed;
  }
  const { traceparent } = inbound;
  const decision = create(
    traceparent === undefined ? seed : { ...seed, traceparent },
    originOf(inbound.source, inbound.at, inbound.where, tools),
    worldOf(work, tools),
  );
  work.addRun(decision, contentHash);
  if (key !== null) work.addKey({ target, key, run, contentHash });
  return { kind: 'run', run, created: true };
}

/** The seed of a new run, or why there can be none. */
export function seedOf(
  run: string,
  request: RunRequest,
  trigger: Trigger,
  work: WorkingSet,
  tools: Tools,
): RunSeed | Refused {
  const registry = work.registry();
  const scope = request.scope ?? 'downstream';
  const planned = request.job
    ? planJob(registry, request.job)
    : planTask(registry, request.task ?? '', scope);
  if (!planned.ok) {
    const [first] = planned.errors;
    // A job whose members' edges close a cycle cannot be run as it is asked for.
    const code = first?.code === 'cycle' ? 'invalid_args' : (first?.code ?? 'unknown_task');
    return refuse(code, first?.message ?? 'no plan', planned.errors);
  }
  const args = request.args ?? {};
  const taskArgs = request.taskArgs ?? {};
  const job = request.job === undefined ? undefined : registry.jobs.get(request.job);
  const seed: RunSeed = {
    run,
    task: request.task ?? null,
    job: request.job ?? null,
    ...(job?.version === undefined ? {} : { jobVersion: job.version }),
    scope,
    trigger,
    jobArgs: job?.args ?? {},
    args,
    taskArgs,
    plan: planned.plan,
  };
  const errors = checkArgs(seed, (schema, value) => tools.schemas.validate(schema, value));
  return errors.length === 0 ? seed : refuse('invalid_args', 'the arguments are not valid', errors);
}

function refuse(code: RefusalCode, message: string, errors: Refused['errors'] = []): Refused {
  return { kind: 'refused', code, message, errors };
}
