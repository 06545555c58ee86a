import type { JsonObject, TaskError, TaskState } from '@cordyna/protocol/model';
import { create, step } from '../lifecycle/step.js';
import { memberIndex } from '../lifecycle/lookup.js';
import type { Command, Decision, HistoryRow, Input, Origin, Run, RunSeed, TaskRun } from '../model/index.js';
import { TestWorld } from './test-world.js';

/** Drives one run through `create` and `step`, keeping its history, commands and freshness as the shell would. */
export class RunDriver {
  run: Run;
  readonly rows: HistoryRow[] = [];
  readonly commands: Command[] = [];
  /** The decision of the last input. */
  last: Decision;
  now = 1_000_000;

  constructor(
    readonly seed: RunSeed,
    readonly world: TestWorld = new TestWorld(),
  ) {
    this.last = create(seed, this.origin('/servers/x/1'), world);
    this.run = this.last.run;
    this.absorb(this.last);
  }

  send(input: Input, source = '/servers/x/1'): Decision {
    this.now += 1;
    return this.absorb(step(this.run, input, this.origin(source), this.world));
  }

  /** The task run of a member, or of one element of it. */
  task(name: string, item?: number): TaskRun {
    const whole = this.run.tasks.at(memberIndex(this.seed.plan, name) ?? -1);
    return item === undefined ? whole : this.run.tasks.at((whole.elements?.first ?? -1) + item);
  }

  state(name: string, item?: number): TaskState {
    return this.task(name, item).state;
  }

  /** Members and their states. */
  states(): { readonly [task: string]: TaskState } {
    return Object.fromEntries(
      this.seed.plan.members.map(({ task, index }) => [task, this.run.tasks.at(index).state]),
    );
  }

  invocation(name: string, item?: number): string {
    return this.task(name, item).invocation ?? 'none';
  }

  published(name: string, item?: number): Decision {
    return this.send({ kind: 'published', invocation: this.invocation(name, item) }, '/cerebro/1');
  }

  queued(name: string, item?: number): Decision {
    return this.send({ ...this.identity(name, item), report: 'queued' });
  }

  started(name: string, item?: number): Decision {
    return this.send({ ...this.identity(name, item), report: 'started' });
  }

  completed(name: string, output: JsonObject = {}, item?: number): Decision {
    return this.send({ ...this.identity(name, item), report: 'completed', output });
  }

  failed(name: string, error: Partial<TaskError> = {}, item?: number): Decision {
    const whole = { code: 'broken', message: 'it broke', ...error };
    return this.send({ ...this.identity(name, item), report: 'error', error: whole });
  }

  /** Identity of the present attempt, as its server would echo it. */
  identity(name: string, item?: number) {
    const { invocation, attempt } = this.task(name, item);
    return {
      kind: 'update',
      invocation: invocation ?? 'none',
      task: name,
      attempt,
      leaseValid: true,
      instance: 'i-1',
    } as const;
  }

  private origin(source: string): Origin {
    const where = { topic: 'cordyna.events', partition: 3, offset: '42' };
    return { source, coordinator: '/cerebro/9', at: this.now - 7, now: this.now, ...where };
  }

  private absorb(decision: Decision): Decision {
    this.last = decision;
    this.run = decision.run;
    this.rows.push(...decision.rows);
    this.commands.push(...decision.commands);
    for (const write of decision.freshness) this.world.keep(write);
    return decision;
  }
}
