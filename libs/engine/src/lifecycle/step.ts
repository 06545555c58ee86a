import type { Decision, Input, Origin, Run, RunSeed, World } from '../model/index.js';
import { Draft } from './draft.js';
import { initialRun } from './initial.js';
import { cancel, capacity, retry, retryDue, withdrawn } from './requests.js';
import { RowType } from './rows.js';
import { settle } from './settle.js';
import { update } from './updates.js';
import { deadline, published, serverLost } from './watchdogs.js';

type Handlers = { readonly [K in Input['kind']]: (draft: Draft, input: Extract<Input, { kind: K }>) => void };

const HANDLERS: Handlers = {
  update,
  published,
  deadline,
  'server-lost': serverLost,
  withdrawn,
  'retry-due': retryDue,
  capacity,
  cancel,
  retry,
};

/**
 * Creates a run: invokes, skips or lets wait what depends on nothing inside it. It may be finished at once.
 * @throws EngineError `freshness_not_loaded` when the world lacks what `freshnessNeeds(seed, 'create')` names
 */
export function create(seed: RunSeed, origin: Origin, world: World): Decision {
  const draft = new Draft(initialRun(seed), origin, world);
  const { run, task, job, jobVersion, scope, trigger, args, taskArgs } = seed;
  const data = task === null ? { run, job, trigger } : { run, task, trigger };
  const seq = draft.input({
    type: RowType.runCreated,
    task: null,
    item: null,
    attempt: null,
    data: {
      now: origin.now,
      scope,
      args,
      taskArgs,
      ...data,
      ...(jobVersion === undefined ? {} : { jobVersion }),
    },
  });
  draft.fact(seq, RowType.runCreated, run, data);
  for (const member of seed.plan.members) if (member.upstream.length === 0) draft.queue.push(member.index);
  settle(draft);
  return draft.decision();
}

/**
 * What an input does to a run. Total: any input is taken in any state. A refused one leaves the run as it is, with one
 * history row that says why. `published`, `retry-due`, `capacity` and `withdrawn` are asked for by the coordinator itself
 * and leave no row when there is nothing to do. The caller keeps the freshness writes of one decision before the next.
 * @throws EngineError `freshness_not_loaded` when the world lacks what `freshnessNeeds(run, input)` names
 */
export function step(run: Run, input: Input, origin: Origin, world: World): Decision {
  const draft = new Draft(run, origin, world);
  (HANDLERS[input.kind] as (draft: Draft, input: Input) => void)(draft, input);
  if (!draft.isRefused) settle(draft);
  if (draft.run === run) draft.ignore('nothing is there to do');
  return draft.decision();
}
