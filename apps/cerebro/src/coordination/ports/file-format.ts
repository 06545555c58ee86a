import type { DefinitionKind, JsonObject } from '@cordyna/protocol/model';
import type { DefinitionChange } from '../definitions/changes.js';

/** Both from 1. */
export interface Place {
  readonly line: number;
  readonly column: number;
}

export interface FileError extends Place {
  /** JSON pointer into the file; empty when it is not known. */
  readonly path: string;
  readonly message: string;
}

/** A file that cannot be read, with everything that is wrong with it. */
export class InvalidFile extends Error {
  override readonly name = 'InvalidFile';
  constructor(readonly errors: readonly FileError[]) {
    super(
      errors.map(({ line, path, message }) => `line ${line}: ${path || 'the file'} ${message}`).join('; '),
    );
  }
}

export interface FileContent {
  /** In the order in which they are to be applied; each a `put` with its pointer into the file. */
  readonly changes: readonly DefinitionChange[];
  /** Of a pointer into the file the place of its key. */
  readonly placeOf: (pointer: string) => Place;
}

/** A definition in force. */
export interface DefinitionOf {
  readonly kind: DefinitionKind;
  readonly name: string;
  readonly version: number;
  readonly body: JsonObject;
}

export interface SermosOptions {
  /** Handler (`package.module.method`) → qualified task; others are mapped by their first and last part. */
  readonly handlers: { readonly [handler: string]: string };
  /** Of `${NAME}` and `${NAME:default}`. */
  readonly environment: { readonly [name: string]: string };
}

/** Something that has no counterpart, or is not the same any more. */
export interface ImportNote extends FileError {
  /** `dropped`: it is not in the result; `changed`: it is there in another way. */
  readonly kind: 'dropped' | 'changed';
}

export interface SermosImport {
  /** The text of a `cordyna.yaml`. */
  readonly file: string;
  readonly notes: readonly ImportNote[];
}

/** How definitions are written down in files. */
export abstract class FileFormat {
  /** @throws InvalidFile */
  abstract read(text: string): FileContent;
  /** The same definitions give the same text, whatever their order. */
  abstract write(definitions: readonly DefinitionOf[]): string;
  /** A `sermos.yaml` as a `cordyna.yaml`. @throws InvalidFile when it is no YAML */
  abstract importSermos(text: string, options: SermosOptions): SermosImport;
}
