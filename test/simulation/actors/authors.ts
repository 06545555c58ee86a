import type { AppliedChange, DoorSchedules } from '../../../apps/cerebro/src/coordination/index.js';
import type { RunningCoordinator } from './coordinator.js';
import { cordynaFile, flaw, handlersOf, JOB, OWN_SCHEDULE, OWN_SCHEDULES, sermosFile } from './files.js';
import { drawn, type Scenario } from './scenario.js';
import type { Site } from './site.js';
import type { TaskServer } from './task-server.js';

/** Of files those that have been written for something else, and those that take away what they do not name. */
const IMPORTED_SHARE = 0.35;
const PRUNING_SHARE = 0.2;
/** Who this is does not matter, and neither does why. */
const BY = { author: null, reason: null };

/** A file as somebody applied it. Its mark is the description of what is in it. */
export interface AppliedFile {
  readonly mark: string;
  /** It has an error at its end, or was only tried: nothing of it may be in force. */
  readonly isVoid: boolean;
  /** Null: nobody answered. */
  results: readonly AppliedChange[] | null;
}

/**
 * Who apply files, change schedules by hand, start jobs, and declare servers without one of their tasks, while all other
 * inputs arrive.
 */
export class Authors {
  readonly files: AppliedFile[] = [];
  /** Runs that were promised. */
  readonly promised = new Set<string>();
  private asked = 0;

  constructor(
    private readonly site: Site,
    private readonly scenario: Scenario,
    private readonly coordinators: () => readonly RunningCoordinator[],
    private readonly servers: readonly TaskServer[],
  ) {}

  start(): void {
    const { scenario } = this;
    this.often(drawn(this.site.random, 1, 8, scenario), () => this.apply());
    this.often(drawn(this.site.random, 0, 12, scenario), () => this.handle());
    this.often(drawn(this.site.random, 0, 5, scenario), () => this.startJob());
    this.often(drawn(this.site.random, 0, 4, scenario), () => this.declareLess());
  }

  /** Takes the schedules back until they stay away: a coordinator that was stopped may still carry out what was asked. */
  finish(): void {
    const { world, db } = this.site;
    for (const name of OWN_SCHEDULES) {
      if (!db.schedules.get(name)?.value.active) continue;
      const change = { kind: 'schedule', name, action: 'remove', body: {}, path: '' } as const;
      this.overHttp(async ({ definitions }) => void (await definitions.change([change], BY)));
    }
    world.after(500, null, () => this.finish());
  }

  private often(times: number, work: () => void): void {
    const { world, random } = this.site;
    for (let n = times; n > 0; n--)
      world.after(random.between(1_000, this.scenario.troubleMs), null, () => work());
  }

  /** All of a file or none of it: some are wrong, some are only tried, and some have been written for something else. */
  private apply(): void {
    const { random } = this.site;
    const { tasks } = this.scenario;
    const mark = `file ${this.files.length}`;
    const isImported = random.chance(IMPORTED_SHARE);
    const isWrong = random.chance(0.2);
    const options = { isDryRun: random.chance(0.15), isPruning: random.chance(PRUNING_SHARE) };
    const file: AppliedFile = { mark, isVoid: isWrong || options.isDryRun, results: null };
    this.files.push(file);
    const written = isImported ? sermosFile(mark, tasks, random) : cordynaFile(mark, tasks, random);
    const end = isWrong ? flaw(random) : '';
    const importing = { handlers: handlersOf(tasks), environment: {} };
    this.overHttp(async ({ files }) => {
      const text = isImported ? files.importSermos(written, importing).file : written;
      const { changes } = await files.apply(`${text}${end}`, BY, options);
      file.results = changes;
      if (options.isDryRun) return;
      this.site.faults.count(isImported ? 'file imported' : 'file applied');
      if (changes.some(({ outcome }) => outcome === 'removed')) this.site.faults.count('file pruned');
    });
  }

  /** Pauses, resumes or fires the schedule. */
  private handle(): void {
    const { random } = this.site;
    const action = random.pick(['pause', 'resume', 'fire'] as const);
    const key = random.chance(0.5) ? `fire-${random.between(0, 2)}` : null;
    this.overHttp(async ({ schedules }) => {
      if (action === 'fire') this.promised.add((await this.fire(schedules, key)).run);
      else await schedules[action](OWN_SCHEDULE, BY);
    });
  }

  private fire(schedules: DoorSchedules, key: string | null) {
    return schedules.fire(OWN_SCHEDULE, BY, key);
  }

  private startJob(): void {
    const request = { job: JOB, idempotencyKey: `job-${this.asked++}` };
    this.overHttp(async ({ commands }) => {
      this.promised.add((await commands.requestRun(request, '/http')).run);
    });
  }

  /** Rules, jobs and other servers may need the task that is left out; at the end it is declared again. */
  private declareLess(): void {
    const { random } = this.site;
    const at = random.between(0, this.servers.length - 1);
    const declaration = this.scenario.declarations[at];
    const free = declaration?.tasks.filter(({ everyMs }) => everyMs === undefined) ?? [];
    if (!declaration || free.length === 0) return;
    const without = random.chance(0.5) ? random.pick(free) : null;
    const tasks = declaration.tasks.filter((task) => task !== without);
    void this.servers[at]?.declare({ ...declaration, tasks });
  }

  /** Refusals are answers too, and a coordinator that dies gives none. */
  private overHttp(call: (one: RunningCoordinator) => Promise<void>): void {
    const { world, random } = this.site;
    const alive = this.coordinators().filter(({ process }) => process.isAlive);
    if (alive.length === 0) return;
    const one = random.pick(alive);
    world.after(1, one.process, () => void call(one).catch(() => undefined));
  }
}
