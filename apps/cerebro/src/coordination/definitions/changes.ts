import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';

/** One change of a definition that somebody asks for; its shape is checked before, its meaning by the door. */
export interface DefinitionChange {
  readonly kind: DefinitionKind;
  readonly name: string;
  /** `create` is refused when it exists, `remove` when it does not. */
  readonly action: 'create' | 'put' | 'remove';
  /** Empty of `remove`. */
  readonly body: JsonObject;
  /** Refused when another version is in force. */
  readonly expectedVersion?: number;
  /** JSON pointer of the body in the request: errors have paths from there on. */
  readonly path: string;
}

export interface DefinitionResult {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly outcome: 'created' | 'changed' | 'unchanged' | 'removed';
  /** In force from now on; of what was removed the number of its removal. */
  readonly version: number;
  /** What was in force before; null when nothing was. */
  readonly before: JsonObject | null;
  /** Dependencies on what nobody has declared, and the like: nothing that stops the change. */
  readonly warnings: readonly string[];
}

/** Who changes something, and why; kept with each version. */
export interface ChangedBy {
  readonly author: string | null;
  readonly reason: string | null;
}
