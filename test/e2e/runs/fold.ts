import { expect } from '@jest/globals';
import { replay, type HistoryRow, type Run, type RunSeed, type TaskRun } from '@cordyna/engine';
import { registryWith, seedFor } from '@cordyna/engine/testing';
import type { JsonObject, RunRequest, ServerDeclaration, Trigger } from '@cordyna/protocol/model';
import { awaitUntil, type Api, type ApiHistoryRow, type ApiRun } from '@cordyna/testkit';

/** A row of the API as the engine wrote it. */
const rowOf = (row: ApiHistoryRow): HistoryRow => ({
  ...row,
  at: Date.parse(row.at),
  item: row.item?.index ?? null,
});

/** What a run began with: the request is in its first history row, the plan follows from the declarations. */
function seedOf(first: ApiHistoryRow, declarations: readonly ServerDeclaration[]): RunSeed {
  const data = first.data as JsonObject & Pick<RunRequest, 'task' | 'job' | 'scope' | 'args' | 'taskArgs'>;
  const { task, job, scope, args, taskArgs } = data;
  const request = { task, job, scope, args, taskArgs, run: data['run'] as string };
  return {
    ...seedFor(registryWith(...declarations), request),
    trigger: data['trigger'] as unknown as Trigger,
  };
}

const iso = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());

function viewOf(run: Run, task: TaskRun): ApiRun['tasks'][number] {
  const member = run.seed.plan.members[task.member];
  const { item, state, attempt, instance, output, error, blockedBy, reason } = task;
  return {
    task: member?.task ?? '',
    item,
    state,
    attempt,
    server: member?.server ?? '',
    instance,
    invokedAt: iso(task.invokedAt),
    queuedAt: iso(task.queuedAt),
    startedAt: iso(task.startedAt),
    finishedAt: iso(task.finishedAt),
    output,
    error,
    blockedBy,
    reason,
  };
}

const summaryOf = ({ state, trigger, createdAt, finishedAt, tasks }: ApiRun): object => ({
  state,
  trigger,
  createdAt,
  finishedAt,
  tasks: tasks.map(
    ({ progress: _progress, ...task }: ApiRun['tasks'][number] & { progress?: unknown }) => task,
  ),
});

/** A run and all of its history, as of one moment: what is read before and after the history is the same. */
async function readBoth(
  api: Api,
  run: string,
): Promise<{ state: ApiRun; history: readonly ApiHistoryRow[] }> {
  return awaitUntil(`run ${run} and its history are read as of one moment`, async () => {
    const before = await api.run(run);
    const history = await api.history(run);
    const state = await api.run(run);
    return JSON.stringify(before) === JSON.stringify(state) && { state, history };
  });
}

/** Folds the history that the API tells over what the run began with, and expects the state that the API tells. */
export async function expectFoldGivesState(
  api: Api,
  run: string,
  declarations: readonly ServerDeclaration[],
): Promise<void> {
  const { state, history } = await readBoth(api, run);
  expect(history.map(({ seq }) => seq)).toEqual(history.map((_, at) => at + 1));
  const folded = replay(seedOf(history[0] as ApiHistoryRow, declarations), history.map(rowOf));
  const tasks = [...folded.tasks].map((task) => viewOf(folded, task));
  const told = { ...state, state: folded.state, trigger: folded.seed.trigger, tasks };
  expect(
    summaryOf({ ...told, createdAt: iso(folded.createdAt) ?? '', finishedAt: iso(folded.finishedAt) }),
  ).toEqual(summaryOf(state));
}
