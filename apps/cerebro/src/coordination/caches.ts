import type { Registry } from '@cordyna/engine';
import {
  positionOf,
  type Changes,
  type Loaded,
  type Needs,
  type Reader,
  type Versioned,
} from './ports/index.js';
import { NOTHING_LOADED, isEmpty, merge } from './needs.js';
import { PreparedSchedules } from './prepared-schedules.js';
import { RunCache } from './run-cache.js';
import type { WorkingSet } from './working-set.js';

/** Whoever asks again may ask again: a batch that fails costs more than a question. */
const CAREFUL_BATCHES = 50;

/** What this coordinator remembers between batches. Stale is harmless: the commit checks every version. */
export class Caches {
  readonly runs = new RunCache();
  readonly schedules = new PreparedSchedules();
  private readonly positions = new Map<string, bigint>();
  private registry: Versioned<Registry> | null = null;
  /** So many batches with requests ask beforehand whether their keys are taken. */
  private careful = 0;

  /** The registry as last seen, for what needs no certainty. */
  lastRegistry(): Registry | null {
    return this.registry?.value ?? null;
  }

  /** Is this what the next batch would be decided on? */
  isCurrent(registryVersion: number | null): boolean {
    return registryVersion === null || this.registry?.version === registryVersion;
  }

  /** Reads through the cache: only what it does not hold is asked for. */
  async load(needs: Needs, reader: Reader): Promise<Loaded> {
    const { known, missing } = this.split(needs);
    if (this.careful > 0 && needs.newKeys?.length) this.careful -= 1;
    if (isEmpty(missing)) return known;
    return merge(known, await reader.load(missing));
  }

  private split(needs: Needs): { readonly known: Loaded; readonly missing: Needs } {
    const runs = new Map<string, NonNullable<ReturnType<RunCache['get']>>>();
    const { newRuns = [], newKeys = [] } = needs;
    const isCareful = this.careful > 0 && newKeys.length > 0;
    for (const id of [...needs.runs, ...newRuns]) {
      const cached = this.runs.get(id);
      if (cached) runs.set(id, cached);
    }
    const schedules = new Map<string, NonNullable<ReturnType<PreparedSchedules['get']>>>();
    for (const id of needs.schedules) {
      const prepared = this.schedules.get(id);
      if (prepared) schedules.set(id, prepared);
    }
    const positions = new Map<string, bigint>();
    for (const { topic, partition } of needs.positions) {
      const cached = this.positions.get(positionOf(topic, partition));
      if (cached !== undefined) positions.set(positionOf(topic, partition), cached);
    }
    const missing: Needs = {
      ...needs,
      runs: [...needs.runs, ...(isCareful ? newRuns : [])].filter((id) => !runs.has(id)),
      // That there is none with that id or key yet, the commit finds out by itself.
      newRuns: [],
      newKeys: [],
      keys: isCareful ? [...needs.keys, ...newKeys] : needs.keys,
      schedules: needs.schedules.filter((id) => !schedules.has(id)),
      positions: needs.positions.filter(
        ({ topic, partition }) => !positions.has(positionOf(topic, partition)),
      ),
      registry: needs.registry && this.registry === null,
    };
    const known: Loaded = {
      ...NOTHING_LOADED,
      runs,
      schedules,
      positions,
      registry: needs.registry ? this.registry : null,
    };
    return { known, missing };
  }

  /** What `needs` names, from memory alone; null when it does not hold all of it. */
  known(needs: Needs): Loaded | null {
    const { known, missing } = this.split(needs);
    return isEmpty(missing) ? known : null;
  }

  /** What was decided is what is stored, or will be with a commit that is under way. */
  absorb(work: WorkingSet, changes: Changes): void {
    this.absorbRuns(work, changes);
    for (const { topic, partition, to } of changes.positions)
      this.positions.set(positionOf(topic, partition), to);
    this.registry = work.registryAfter();
  }

  /** Of what was decided some time ago: all else may be newer here. */
  absorbRuns(work: WorkingSet, changes: Changes): void {
    for (const { run, version, contentHash } of work.changedRuns()) {
      this.runs.put(run.seed.run, { value: run, version, contentHash });
    }
    this.schedules.absorb(changes);
  }

  /** After a conflict or an unknown outcome: nothing of this batch can be trusted, nor what it was to leave. */
  forget(needs: Needs, changes?: Changes): void {
    for (const { run } of changes?.runs ?? []) this.runs.evict(run.seed.run);
    for (const run of [...needs.runs, ...(needs.newRuns ?? [])]) this.runs.evict(run);
    if (needs.newKeys?.length) this.careful = CAREFUL_BATCHES;
    this.schedules.forget(needs.schedules);
    for (const { topic, partition } of needs.positions) this.positions.delete(positionOf(topic, partition));
    this.registry = null;
  }
}
