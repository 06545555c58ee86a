import type { Difference } from '@cordyna/engine';
import type { SermosImport, SermosOptions } from '../ports/index.js';
import type { ChangedBy, DefinitionResult } from './changes.js';

export interface AppliedChange extends Omit<DefinitionResult, 'before'> {
  /** What the change changes; empty of what is like that already. */
  readonly diff: readonly Difference[];
}

export interface Applied {
  readonly dryRun: boolean;
  /** Everything that the file names, in its order, then what was removed. */
  readonly changes: readonly AppliedChange[];
}

export interface ApplyOptions {
  /** Decides, and changes nothing. */
  readonly isDryRun: boolean;
  /** Removes what is defined and the file does not name. */
  readonly isPruning: boolean;
}

/** Everything that is defined, as one file. */
export abstract class Files {
  /**
   * Makes everything that the file names like that, or nothing.
   * @throws RequestRefused with every error and its place in the file
   */
  abstract apply(text: string, by: ChangedBy, options: ApplyOptions): Promise<Applied>;
  /** Everything that is defined now, of one moment. */
  abstract export(): Promise<string>;
  /** @throws RequestRefused when it is no YAML */
  abstract importSermos(text: string, options: SermosOptions): SermosImport;
}
