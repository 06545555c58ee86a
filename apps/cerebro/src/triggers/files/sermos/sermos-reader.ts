import { isQualifiedName, pointerOf, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import type { ImportNote, SermosOptions } from '../../../coordination/index.js';
import type { YamlSource } from '../yaml-source.js';

export type Tokens = readonly (string | number)[];

const VARIABLE = /\$\{([A-Za-z_][A-Za-z0-9_]*)(?::([^}]*))?\}/g;
const TRUE = new Set(['true', 'yes', 'on', '1']);
const FALSE = new Set(['false', 'no', 'off', '0']);

/** Reads values of a `sermos.yaml`, and notes what has no counterpart. */
export class SermosReader {
  readonly notes: ImportNote[] = [];

  constructor(
    private readonly source: Pick<YamlSource, 'placeOf'>,
    private readonly options: SermosOptions,
  ) {}

  note(kind: ImportNote['kind'], at: Tokens, message: string): void {
    const path = pointerOf(at);
    this.notes.push({ kind, path, message, ...this.source.placeOf(path) });
  }

  /** Notes every member that is not among these. */
  onlyKnown(object: JsonObject, known: readonly string[], at: Tokens): void {
    for (const name of Object.keys(object))
      if (!known.includes(name)) this.note('dropped', [...at, name], 'has no counterpart');
  }

  /** A text with its variables filled in; null, with a note, when it is none or a variable is not given. */
  text(value: JsonValue | undefined, at: Tokens): string | null {
    if (typeof value === 'number') return String(value);
    if (typeof value !== 'string') {
      this.note('dropped', at, value === undefined ? 'is missing' : 'is not a text');
      return null;
    }
    const missing: string[] = [];
    const filled = value.replaceAll(VARIABLE, (pattern, name: string, otherwise: string | undefined) => {
      const given = this.options.environment[name] ?? otherwise;
      if (given === undefined) missing.push(name);
      return given ?? pattern;
    });
    for (const name of missing)
      this.note('dropped', at, `\${${name}} has no default: give ${name} in \`environment\``);
    return missing.length > 0 ? null : filled;
  }

  /** A whole number from `least` on; null, with a note, when it is none. */
  whole(value: JsonValue | undefined, least: number, at: Tokens): number | null {
    const text = this.text(value, at);
    if (text === null) return null;
    const number = Number(text);
    if (text.trim() !== '' && Number.isSafeInteger(number) && number >= least) return number;
    this.note('dropped', at, `must be a whole number from ${least} on`);
    return null;
  }

  flag(value: JsonValue | undefined, otherwise: boolean, at: Tokens): boolean | null {
    if (value === undefined) return otherwise;
    if (typeof value === 'boolean') return value;
    const text = this.text(value, at)?.toLowerCase() ?? null;
    if (text === null) return null;
    if (TRUE.has(text)) return true;
    if (FALSE.has(text)) return false;
    this.note('dropped', at, 'must be true or false');
    return null;
  }

  /** The task that stands for a handler: as the table says, else server = first part, task = last. */
  task(value: JsonValue | undefined, at: Tokens): string | null {
    const handler = this.text(value, at);
    if (handler === null) return null;
    if (Object.hasOwn(this.options.handlers, handler)) return this.options.handlers[handler] ?? null;
    const parts = handler.split('.');
    const task = `${parts[0] ?? ''}.${parts.at(-1) ?? ''}`;
    if (parts.length > 1 && isQualifiedName(task)) return task;
    this.note('dropped', at, `${handler} gives no name of a task: name one in \`handlers\``);
    return null;
  }

  /** A name of ours as near as can be; null, with a note, when nothing is left. */
  name(given: string, at: Tokens): string | null {
    const name = given
      .toLowerCase()
      .replaceAll(/[^a-z0-9_-]+/g, '-')
      .replaceAll(/^[_-]+/g, '')
      .slice(0, 64)
      .replaceAll(/[_-]+$/g, '');
    if (name === '') this.note('dropped', at, 'gives no name: take letters, digits, "_" and "-"');
    else if (name !== given) this.note('changed', at, `is named ${name}`);
    return name === '' ? null : name;
  }
}
