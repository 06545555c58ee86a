import type { TaskState } from '@cordyna/protocol/model';
import type { Edge, Run, TaskRun } from '../api/types.js';
import type { Style, Terminal } from './terminal.js';
import { between } from './times.js';

const MARKS: Readonly<Record<TaskState, readonly [mark: string, style: Style]>> = {
  pending: ['·', 'gray'],
  invoked: ['→', 'cyan'],
  queued: ['≡', 'cyan'],
  started: ['▶', 'blue'],
  completed: ['✔', 'green'],
  error: ['✘', 'red'],
  blocked: ['■', 'yellow'],
  skipped: ['↷', 'gray'],
  cancelled: ['⊘', 'magenta'],
};

/** Why a task is where it is: what blocks it, what it waits for, how it failed. */
export function explanation(task: TaskRun): string {
  if (task.error) return `${task.error.code}: ${task.error.description ?? task.error.message}`;
  if (task.blockedBy) return `blocked by ${task.blockedBy}`;
  return task.reason ?? '';
}

/** The task, its item in a `forEach`, state, attempt, instance, duration and explanation. */
export function taskLine(task: TaskRun, terminal: Terminal, now: number): string {
  const [mark, style] = MARKS[task.state];
  const name = task.item ? `${task.task}[${task.item.index}]` : task.task;
  const details = [
    task.attempt > 1 ? `attempt ${task.attempt}` : '',
    task.instance ? `on ${task.instance}` : '',
    between(task.startedAt ?? task.invokedAt, task.finishedAt, now),
    explanation(task),
  ].filter((detail) => detail !== '');
  const state = terminal.style(style, `${mark} ${task.state}`);
  return [`${name}  ${state}`, ...details.map((detail) => terminal.style('gray', detail))].join('  ');
}

/** How far each task is from one that depends on nothing in the run. */
function depths(names: ReadonlySet<string>, edges: readonly Edge[]): Map<string, number> {
  const known = new Map<string, number>();
  const measure = (name: string): number => {
    const found = known.get(name);
    if (found !== undefined) return found;
    known.set(name, 0); // the graph has no cycle; a later declaration's edges must not hang us either
    const above = edges
      .filter(({ to, from }) => to === name && names.has(from))
      .map(({ from }) => measure(from) + 1);
    const depth = Math.max(0, ...above);
    known.set(name, depth);
    return depth;
  };
  for (const name of names) measure(name);
  return known;
}

interface Place {
  /** The deepest of what it depends on in the run; undefined for one that depends on nothing there. */
  readonly parent: string | undefined;
  /** The others. */
  readonly alsoAfter: readonly string[];
}

/** Each task once. The shape follows from the graph alone, so that it does not jump while the run goes on. */
function places(names: ReadonlySet<string>, edges: readonly Edge[]): Map<string, Place> {
  const depth = depths(names, edges);
  const of = (name: string): number => depth.get(name) ?? 0;
  return new Map(
    [...names].map((name) => {
      const [parent, ...alsoAfter] = edges
        .filter(({ to, from }) => to === name && names.has(from) && of(from) < of(name))
        .map(({ from }) => from)
        .sort((a, b) => of(b) - of(a) || a.localeCompare(b));
      return [name, { parent, alsoAfter }];
    }),
  );
}

/** A run as a tree of its tasks along their dependencies, with a heading. */
export function runTree(run: Run, edges: readonly Edge[], terminal: Terminal, now = Date.now()): string[] {
  const names = new Set(run.tasks.map(({ task }) => task));
  const placed = places(names, edges);
  const what = run.task ?? run.job;
  const took = between(run.createdAt, run.finishedAt, now);
  const heading = ['Run', run.run, ...(what ? [`of ${what}`] : []), `is ${run.state}`, `(${took})`].join(' ');
  const lines = [terminal.style('bold', heading)];
  const draw = (parent: string | undefined, indent: string): void => {
    const siblings = [...names].filter((name) => placed.get(name)?.parent === parent);
    siblings.forEach((name, index) => {
      const last = index === siblings.length - 1;
      const tasks = run.tasks.filter(({ task }) => task === name);
      const others = placed.get(name)?.alsoAfter ?? [];
      const note = others.length > 0 ? terminal.style('gray', `  (also after ${others.join(', ')})`) : '';
      for (const task of tasks)
        lines.push(`${indent}${last ? '└─' : '├─'} ${taskLine(task, terminal, now)}${note}`);
      draw(name, `${indent}${last ? '  ' : '│ '} `);
    });
  };
  draw(undefined, '');
  return lines;
}
