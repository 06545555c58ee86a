import { setTimeout as delay } from 'node:timers/promises';
import type { Api } from '../api/client.js';
import { HttpError } from '../api/client.js';
import type { Edge, Run } from '../api/types.js';
import { CliError } from '../cli-error.js';
import type { Context } from '../context.js';
import { runTree, taskLine } from '../output/run-tree.js';
import type { Terminal } from '../output/terminal.js';

/** Looked at this often even when no event comes: durations go on, and a stream may be cut silently. */
const POLL_MS = 1_000;
/** A burst of events is one look. */
const GATHER_MS = 50;
const UNHEARD_MS = 30_000;

/** Resolves at each event of the run, and each second. */
function alarm(api: Api, run: string, signal: AbortSignal): () => Promise<void> {
  let wake: () => void = () => undefined;
  let due = false;
  const listen = async (): Promise<void> => {
    for await (const _ of api.stream(run, signal)) {
      due = true;
      wake();
    }
  };
  void listen();
  return async () => {
    const rung = new Promise<void>((resolve) => (wake = resolve));
    const pause = new AbortController();
    if (!due)
      await Promise.race([rung, delay(POLL_MS, undefined, { signal: pause.signal }).catch(() => undefined)]);
    pause.abort();
    if (due) await delay(GATHER_MS);
    due = false;
  };
}

/** Shows a run over and over: as a tree drawn in place, as lines of what changed, or as JSON lines. */
class Display {
  #drawn = 0;
  #seen = new Map<string, string>();
  #last = '';

  constructor(
    private readonly terminal: Terminal,
    private readonly edges: readonly Edge[],
    private readonly json: boolean,
  ) {}

  show(run: Run): void {
    if (this.json) this.#jsonLine(run);
    else if (this.terminal.live) this.#tree(run);
    else this.#changes(run);
  }

  finish(run: Run): void {
    if (this.json || this.terminal.live) return;
    for (const line of runTree(run, this.edges, this.terminal)) this.terminal.line(line);
  }

  #jsonLine(run: Run): void {
    const text = JSON.stringify(run);
    if (text !== this.#last) this.terminal.line(text);
    this.#last = text;
  }

  #tree(run: Run): void {
    this.#drawn = this.terminal.redraw(runTree(run, this.edges, this.terminal), this.#drawn);
  }

  #changes(run: Run): void {
    for (const task of run.tasks) {
      const key = `${task.task}[${task.item?.index ?? ''}]`;
      const now = `${task.state} ${task.attempt} ${task.reason ?? ''}`;
      if (this.#seen.get(key) !== now) this.terminal.line(taskLine(task, this.terminal, Date.now()));
      this.#seen.set(key, now);
    }
  }
}

async function find(api: Api, id: string): Promise<Run> {
  try {
    return await api.run(id);
  } catch (error) {
    if (!(error instanceof HttpError) || error.status >= 500) throw error;
    throw new CliError(`There is no run "${id}".`, 'List them with: dyna runs', { cause: error });
  }
}

/** While a coordinator restarts nobody answers; the run goes on all the same. */
async function lookAgain(api: Api, id: string, seen: Run, unheardSince: number): Promise<Run> {
  try {
    return await api.run(id);
  } catch (error) {
    if (performance.now() - unheardSince > UNHEARD_MS) throw error;
    return seen;
  }
}

/** Follows a run to its end. Gives the exit code: 0 when it completed, else 1. */
export async function watch(
  { api, terminal }: Context,
  id: string,
  options: { readonly json?: boolean },
): Promise<number> {
  const stop = new AbortController();
  try {
    let run = await find(api, id);
    const { edges } = await api.graph();
    const display = new Display(terminal, edges, options.json ?? false);
    const next = alarm(api, id, stop.signal);
    display.show(run);
    let heardAt = performance.now();
    while (run.state === 'running') {
      await next();
      const seen = run;
      run = await lookAgain(api, id, seen, heardAt);
      if (run !== seen) heardAt = performance.now();
      display.show(run);
    }
    display.finish(run);
    return run.state === 'completed' ? 0 : 1;
  } finally {
    stop.abort();
  }
}
