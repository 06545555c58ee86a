import type { TaskRun } from './run.js';

const BITS = 6;
const CHUNK = 1 << BITS;

/**
 * The task runs of a run as an immutable list: replacing one copies one chunk of 64 and the list of chunks, so that a
 * run of 10,000 tasks costs little more per step than one of 10.
 */
export class TaskList implements Iterable<TaskRun> {
  private constructor(
    private readonly chunks: readonly (readonly TaskRun[])[],
    readonly length: number,
  ) {}

  static of(tasks: readonly TaskRun[]): TaskList {
    const chunks: TaskRun[][] = [];
    for (let at = 0; at < tasks.length; at += CHUNK) chunks.push(tasks.slice(at, at + CHUNK));
    return new TaskList(chunks, tasks.length);
  }

  /** @throws RangeError when there is no task run at `index`. */
  at(index: number): TaskRun {
    if (!(index >= 0 && index < this.length))
      throw new RangeError(`no task run ${index} among ${this.length}`);
    return (this.chunks[index >> BITS] as readonly TaskRun[])[index & (CHUNK - 1)] as TaskRun;
  }

  with(task: TaskRun): TaskList {
    const chunk = task.index >> BITS;
    const chunks = this.chunks.slice();
    const tasks = (chunks[chunk] as readonly TaskRun[]).slice();
    tasks[task.index & (CHUNK - 1)] = task;
    chunks[chunk] = tasks;
    return new TaskList(chunks, this.length);
  }

  /** With one replaced and others changed: each chunk of them is copied once, however many they are. */
  withAll(task: TaskRun, others: readonly number[], change: (other: TaskRun) => TaskRun): TaskList {
    const chunks: (readonly TaskRun[])[] = this.chunks.slice();
    const own = (index: number): TaskRun[] => {
      const at = index >> BITS;
      if (chunks[at] === this.chunks[at]) chunks[at] = (chunks[at] as readonly TaskRun[]).slice();
      return chunks[at] as TaskRun[];
    };
    own(task.index)[task.index & (CHUNK - 1)] = task;
    for (const index of others) {
      const tasks = own(index);
      tasks[index & (CHUNK - 1)] = change(tasks[index & (CHUNK - 1)] as TaskRun);
    }
    return new TaskList(chunks, this.length);
  }

  concat(added: readonly TaskRun[]): TaskList {
    const full = Math.floor(this.length / CHUNK);
    const kept = this.chunks.slice(0, full);
    const last = this.chunks.slice(full).flat();
    const tail = TaskList.of([...last, ...added]);
    return new TaskList([...kept, ...tail.chunks], this.length + added.length);
  }

  [Symbol.iterator](): Iterator<TaskRun> {
    // Most runs are small, and a generator takes many times as long as a list.
    return this.length > 0 && this.length <= CHUNK
      ? (this.chunks[0] as readonly TaskRun[])[Symbol.iterator]()
      : this.each();
  }

  private *each(): Iterator<TaskRun> {
    for (const chunk of this.chunks) yield* chunk;
  }
}
