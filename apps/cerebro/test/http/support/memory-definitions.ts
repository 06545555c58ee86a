import type { DefinitionKind } from '@cordyna/protocol/model';
import {
  DefinitionQueries,
  Definitions,
  type ChangedBy,
  type DefinitionChange,
  type DefinitionResult,
  type DefinitionView,
} from '../../../src/coordination/index.js';

const AT = '2026-11-21T10:00:00.000Z';

/** Remembers what was asked for and finds everything good. */
export class MemoryDefinitions extends Definitions {
  readonly asked: { readonly change: DefinitionChange; readonly by: ChangedBy }[] = [];
  failure: Error | null = null;

  async change(changes: readonly DefinitionChange[], by: ChangedBy): Promise<readonly DefinitionResult[]> {
    const { failure } = this;
    this.failure = null;
    if (failure) throw failure;
    for (const change of changes) this.asked.push({ change, by });
    return changes.map(({ kind, name }) => ({
      ...{ kind, name, outcome: 'created', version: 1, before: null, warnings: [] },
    }));
  }
}

/** One of each kind, by the name `known`. */
export class MemoryDefinitionQueries extends DefinitionQueries {
  private view(name: string): DefinitionView {
    return { name, version: 1, body: { tasks: [] }, author: 'ann', reason: null, at: AT };
  }

  async definitions() {
    return { items: [this.view('known')], next: null };
  }

  async all() {
    const body = { tasks: [{ task: 'server-a.extract' }] };
    return [{ kind: 'job', name: 'known', version: 1, body } as const];
  }

  async definition(_kind: DefinitionKind, name: string) {
    return name === 'known' ? this.view(name) : null;
  }

  async versions(_kind: DefinitionKind, name: string) {
    return { items: name === 'known' ? [this.view(name)] : [], next: null };
  }
}
