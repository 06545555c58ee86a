import type { ChangedBy, DefinitionChange, DefinitionResult } from './changes.js';

/** What people define over HTTP and in files. */
export abstract class Definitions {
  /**
   * Applies all changes in their order, or none; answered once that is committed.
   * @throws RequestRefused with every error
   */
  abstract change(
    changes: readonly DefinitionChange[],
    by: ChangedBy,
    options?: { readonly isDryRun?: boolean },
  ): Promise<readonly DefinitionResult[]>;
}
