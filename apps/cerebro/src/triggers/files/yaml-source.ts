import { tokensOf, type JsonValue } from '@cordyna/protocol/model';
import { parseStrictJson } from '@cordyna/protocol/wire';
import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  parseDocument,
  visit,
  type Document,
  type Node,
  type ParsedNode,
} from 'yaml';
import { InvalidFile, type FileError, type Place } from '../../coordination/index.js';
import { tooDeepAt } from './too-deep.js';

/** 5,000 tasks are 400 KB; a coordinator has nothing else in hand while it reads. */
const MAX_BYTES = 512 * 1024;
/** What aliases may multiply a text to, in values. */
const MAX_ALIASES = 100;

/** A YAML text as the JSON that it stands for, and where each of its values is. */
export interface YamlSource {
  readonly value: JsonValue;
  /** Of a JSON pointer the place of its key or element; of one that leads nowhere that of what should have it. */
  readonly placeOf: (pointer: string) => Place;
}

/**
 * Reads one YAML document.
 * @param options `merge`: keys `<<` are taken as YAML 1.1 does
 * @throws InvalidFile with the place of everything that is no YAML, or that JSON does not have
 */
export function readYaml(text: string, options: { readonly merge?: boolean } = {}): YamlSource {
  if (Buffer.byteLength(text) > MAX_BYTES)
    throw new InvalidFile([{ path: '', message: 'is larger than 512 KiB: split it', line: 1, column: 1 }]);
  const lines = new LineCounter();
  const document = parsed(text, lines, options);
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset);
    return { line: Math.max(1, line), column: Math.max(1, col) };
  };
  const errors: FileError[] = [...document.errors, ...document.warnings].map(({ message, pos }) => ({
    ...{ path: '', message: firstLine(message), ...place(pos[0]) },
  }));
  if (errors.length === 0) errors.push(...notJson(document, place));
  if (errors.length > 0) throw new InvalidFile(errors);
  return { value: jsonOf(document), placeOf: (pointer) => place(offsetOf(document, pointer)) };
}

type Parsed = Document.Parsed<ParsedNode>;

function parsed(text: string, lineCounter: LineCounter, options: { readonly merge?: boolean }): Parsed {
  const deep = tooDeepAt(text);
  if (deep !== null) {
    const line = text.slice(0, deep).split('\n').length;
    throw new InvalidFile([{ path: '', message: 'is nested too deeply', line, column: 1 }]);
  }
  return parseDocument(text, {
    ...{ ...options, lineCounter, prettyErrors: false, stringKeys: true },
    // The library compares each key with every other one; `notJson` does not.
    uniqueKeys: false,
  });
}

/** The rest of a message quotes the text, in which there may be a secret. */
const firstLine = (message: string): string => message.split('\n')[0] ?? message;

const TWICE = 'a key is there twice: keep one';

/** Values that YAML has and JSON does not, keys that are there twice, and numbers that would not be the same any more. */
function notJson(document: Parsed, place: (offset: number) => Place): readonly FileError[] {
  const errors: FileError[] = [];
  visit(document, {
    Map: (_, { items }) => {
      const seen = new Set<string>();
      for (const { key } of items) {
        if (!isScalar(key)) continue;
        if (seen.has(String(key.value)))
          errors.push({ path: '', message: TWICE, ...place(key.range?.[0] ?? 0) });
        seen.add(String(key.value));
      }
    },
    Scalar: (_, { value, range, source }) => {
      const message = scalarError(value, source);
      if (message !== null) errors.push({ path: '', message, ...place(range?.[0] ?? 0) });
    },
  });
  return errors;
}

function scalarError(value: unknown, source: string | undefined): string | null {
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return null;
  if (typeof value !== 'number') return 'is no value that JSON has: write it as a text in quotes';
  if (!Number.isFinite(value)) return 'is no number that JSON has';
  const isWhole = Number.isInteger(value) && !/[.eE]/.test(source ?? '');
  return isWhole && !Number.isSafeInteger(value) ? 'is too large for a whole number: at most 2^53-1' : null;
}

/** By the same rules as everything else that comes in: nesting, NUL, half surrogate pairs, `__proto__`. */
function jsonOf(document: Parsed): JsonValue {
  const strict = parseStrictJson(Buffer.from(JSON.stringify(withAliases(document))));
  if (strict.ok) return strict.value as JsonValue;
  const message = strict.detail.replace(/^the value/, 'the file');
  throw new InvalidFile([{ path: '', message, line: 1, column: 1 }]);
}

function withAliases(document: Parsed): unknown {
  try {
    return document.toJS({ maxAliasCount: MAX_ALIASES }) ?? null;
  } catch (error) {
    const message = firstLine(error instanceof Error ? error.message : String(error));
    throw new InvalidFile([{ path: '', message, line: 1, column: 1 }]);
  }
}

function offsetOf(document: Parsed, pointer: string): number {
  let node: Node | null = document.contents;
  let offset = node?.range?.[0] ?? 0;
  for (const token of tokensOf(pointer)) {
    const next: { readonly offset: number; readonly node: Node | null } | null = childOf(
      isAlias(node) ? (node.resolve(document) ?? null) : node,
      token,
    );
    if (!next) return offset;
    ({ node, offset } = next);
  }
  return offset;
}

function childOf(node: Node | null, token: string): { offset: number; node: Node | null } | null {
  if (isSeq(node)) {
    const item = node.items[Number(token)] as Node | undefined;
    return item ? { offset: item.range?.[0] ?? 0, node: item } : null;
  }
  if (!isMap(node)) return null;
  const pair = node.items.find(({ key }) => isScalar(key) && String(key.value) === token);
  if (!pair) return null;
  return { offset: (pair.key as Node).range?.[0] ?? 0, node: pair.value as Node | null };
}
