import type { Door } from '../door.js';
import { refusal, withLimit } from '../refusal.js';
import type { ChangedBy, DefinitionChange, DefinitionResult } from './changes.js';
import { Definitions } from './definitions.js';

/** Changes of definitions as proposals to the door. */
export class DoorDefinitions extends Definitions {
  constructor(private readonly door: Door) {
    super();
  }

  async change(
    changes: readonly DefinitionChange[],
    { author, reason }: ChangedBy,
    { isDryRun = false }: { readonly isDryRun?: boolean } = {},
  ): Promise<readonly DefinitionResult[]> {
    const outcome = await withLimit(this.door.submit({ kind: 'define', changes, author, reason, isDryRun }));
    if (outcome.kind === 'defined') return outcome.results;
    throw refusal(outcome);
  }
}
