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

/** Each task once, under the deepest of those it depends on. */
function children(names: ReadonlySet<string>, edges: readonly Edge[]): Map<string | undefined, string[]> {
  const depth = depths(names, edges);
  const under = new Map<string | undefined, string[]>();
  for (const name of names) {
    const [parent] = edges
      .filter(({ to, from }) => to === name && from !== name && names.has(from))
      .map(({ from }) => from)
      .filter((from) => (depth.get(from) ?? 0) < (depth.get(name) ?? 0))
      .sort((a, b) => (depth.get(b) ?? 0) - (depth.get(a) ?? 0) || a.localeCompare(b));
    under.set(parent, [...(under.get(parent) ?? []), name]);
  }
  return under;
}

/** A run as a tree of its tasks along their dependencies, with a heading. */
export function runTree(run: Run, edges: readonly Edge[], terminal: Terminal, now = Date.now()): string[] {
  const names = new Set(run.tasks.map(({ task }) => task));
  const under = children(names, edges);
  const what = run.task ?? run.job;
  const took = between(run.createdAt, run.finishedAt, now);
  const heading = ['Run', run.run, ...(what ? [`of ${what}`] : []), `is ${run.state}`, `(${took})`].join(' ');
  const lines = [terminal.style('bold', heading)];
  const draw = (parent: string | undefined, indent: string): void => {
    const siblings = under.get(parent) ?? [];
    siblings.forEach((name, index) => {
      const last = index === siblings.length - 1;
      const tasks = run.tasks.filter(({ task }) => task === name);
      for (const task of tasks) lines.push(`${indent}${last ? '└─' : '├─'} ${taskLine(task, terminal, now)}`);
      draw(name, `${indent}${last ? '  ' : '│ '} `);
    });
  };
  draw(undefined, '');
  return lines;
}
