import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import type { DefinitionOf } from './file-format.js';
import type { Page } from './queries.js';

/** Times RFC 3339 in UTC with milliseconds. */
export interface DefinitionView {
  readonly name: string;
  readonly version: number;
  /** Null: this version is the removal. */
  readonly body: JsonObject | null;
  readonly author: string | null;
  readonly reason: string | null;
  readonly at: string;
}

/** What is defined over HTTP and in files, as the API shows it. Malformed cursors throw InvalidCursor. */
export abstract class DefinitionQueries {
  /** Those in force, by name. */
  abstract definitions(
    kind: DefinitionKind,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<DefinitionView>>;
  /** All in force, of one moment: by kind in the order of `DEFINITION_KINDS`, then by name. */
  abstract all(): Promise<readonly DefinitionOf[]>;
  /** In force, or that version of it; null when there is no such one. */
  abstract definition(kind: DefinitionKind, name: string, version?: number): Promise<DefinitionView | null>;
  /** All versions, newest first; empty when there never was one. */
  abstract versions(
    kind: DefinitionKind,
    name: string,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<Page<DefinitionView>>;
}
