import type { JsonObject, ServerDeclaration, TaskDeclaration } from '@cordyna/protocol/model';
import type { Random } from '../../simulation/world/random.js';

/** `c` is the server that is written without the SDK. */
export const SERVERS = ['a', 'b', 'c'] as const;
export type ServerName = (typeof SERVERS)[number];

/** What a task does, for the SDK's generic server and for the independent one. */
export interface Behaviour {
  readonly sleepMs: number;
  readonly failures?: number;
  readonly failAttempts?: number;
  readonly error?: JsonObject;
  readonly fail?: JsonObject;
  readonly output?: JsonObject;
}

export interface Timing {
  readonly ackMs: number;
  readonly startMs: number;
  readonly completeMs: number;
}

/** The graph of an installation: what each server declares, what its tasks do, and where runs begin. */
export interface Graph {
  readonly declarations: Readonly<Record<ServerName, ServerDeclaration>>;
  readonly behaviours: Readonly<Record<ServerName, Readonly<Record<string, Behaviour>>>>;
  readonly roots: readonly string[];
  /** Those with lists of tens of elements: runs of them are dear. */
  readonly fans: readonly string[];
  /** Task with a `forEach` → how many elements its list has. */
  readonly lists: Readonly<Record<string, number>>;
}

const MAX_SLEEP_MS = 30;
/** Long enough for a server to be killed or stopped in the middle of it. */
const LONG_MS = { least: 600, most: 2_000 };
const RANDOM_TASKS = 8;
/** Of the list. */
const ELEMENTS = 5;
/** Of the long list. */
const PARTS = 20;
const PART_MS = { least: 20, most: 120 };
const REGIONS = ['north', 'south', 'east'];
/** Enough for every attempt that a fault ends. */
const MAX_ATTEMPTS = 20;

class Drawing {
  readonly tasks: Record<ServerName, TaskDeclaration[]> = { a: [], b: [], c: [] };
  readonly behaviours: Record<ServerName, Record<string, Behaviour>> = { a: {}, b: {}, c: {} };

  constructor(
    private readonly random: Random,
    private readonly timeouts: Timing,
  ) {}

  task(
    server: ServerName,
    name: string,
    dependsOn: readonly string[] = [],
    more: Partial<TaskDeclaration> = {},
    does: Partial<Behaviour> = {},
  ): string {
    const retry = { maxAttempts: MAX_ATTEMPTS, backoffMs: 200, factor: 1.5, maxBackoffMs: 2_000 };
    this.tasks[server].push({ name, dependsOn: [...dependsOn], timeouts: this.timeouts, retry, ...more });
    this.behaviours[server][name] = { sleepMs: this.random.between(0, MAX_SLEEP_MS), ...does };
    return `${server}.${name}`;
  }
}

/** Chains, diamonds, fans, a random graph, a list, retries, failures and schedules, across three servers. */
export function graphOf(random: Random, timeouts: Timing): Graph {
  const draw = new Drawing(random, timeouts);
  const chain = draw.task('a', 'chain-1');
  const long = (): Partial<Behaviour> => ({ sleepMs: random.between(LONG_MS.least, LONG_MS.most) });
  draw.task('c', 'chain-3', [draw.task('b', 'chain-2', [chain], {}, long())]);
  const diamond = draw.task('b', 'top');
  draw.task('b', 'bottom', [
    draw.task('a', 'left', [diamond], {}, long()),
    draw.task('c', 'right', [diamond], {}, long()),
  ]);
  const fan = draw.task('c', 'hub');
  for (const server of SERVERS) draw.task(server, 'leaf', [fan]);
  const items = Array.from({ length: ELEMENTS }, (_, at) => at);
  const list = draw.task('a', 'list', [], {}, { output: { items } });
  const each = draw.task('b', 'each', [], { forEach: list, onError: 'continue', limits: [{ max: 8 }] });
  draw.task('c', 'sum', [each]);
  const flaky = draw.task('a', 'flaky', [], {}, { failures: 2 });
  draw.task('c', 'flaky-too', [flaky], {}, { failAttempts: 1 });
  const failing = draw.task('b', 'failing', [], {}, { failures: MAX_ATTEMPTS, error: { retryable: false } });
  draw.task('c', 'in-vain', [failing]);
  draw.task('c', 'tick', [], { everyMs: 2_000 });
  draw.task('b', 'tock', [draw.task('a', 'beat', [], { everyMs: 3_000 })]);
  const roots = [chain, diamond, fan, list, flaky, failing, randomGraph(random, draw)];
  roots.push(draw.task('b', 'narrow', [], { limits: [{ max: 5 }, { max: 2, key: 'region' }] }));
  const fans = longLists(random, draw);
  // What rules and schedules run.
  draw.task('c', 'ship');
  draw.task('a', 'note');
  return {
    declarations: {
      a: { server: 'a', tasks: draw.tasks.a },
      b: { server: 'b', tasks: draw.tasks.b },
      c: { server: 'c', tasks: draw.tasks.c },
    },
    behaviours: draw.behaviours,
    roots,
    fans: [fans.root],
    lists: { [each]: ELEMENTS, ...fans.lists },
  };
}

/** One list, taken apart so many elements at a time: by a task that goes on without those that failed, and by one that does not. */
function longLists(random: Random, draw: Drawing): Pick<Graph, 'lists'> & { readonly root: string } {
  const items = Array.from({ length: PARTS }, (_, at) => at);
  const root = draw.task('a', 'parts', [], {}, { output: { items } });
  const fan = (name: string, more: Partial<TaskDeclaration>): string => {
    const does = {
      sleepMs: random.between(PART_MS.least, PART_MS.most),
      error: { retryable: false },
    };
    const task = draw.task('b', name, [], { forEach: root, ...more }, does);
    draw.task('c', `after-${name}`, [task]);
    return task;
  };
  const tasks = [fan('lenient', { concurrency: 4, onError: 'continue' }), fan('strict', { concurrency: 3 })];
  return { root, lists: Object.fromEntries(tasks.map((task) => [task, PARTS])) };
}

/** Of a request for the task: which of its places it needs, or which elements of its list fail. */
export function argsOf(task: string, random: Random): JsonObject {
  if (task === 'b.narrow') return { region: random.pick(REGIONS) };
  return task === 'a.parts' && random.chance(0.5) ? { failItems: [random.between(0, PARTS - 1)] } : {};
}

/** Each task but the first depends on one or two before it. */
function randomGraph(random: Random, draw: Drawing): string {
  const all: string[] = [];
  for (let n = 0; n < RANDOM_TASKS; n++) {
    const dependsOn = n === 0 ? [] : [...new Set([random.pick(all), random.pick(all)])];
    all.push(draw.task(random.pick(SERVERS), `random-${n}`, dependsOn));
  }
  return all[0] ?? '';
}

/** The same without schedules, so that an installation can come to rest. */
export const unscheduled = (declaration: ServerDeclaration): ServerDeclaration => ({
  ...declaration,
  tasks: declaration.tasks.map(({ everyMs: _, ...task }) => task),
});
