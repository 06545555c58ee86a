import { isJsonObject, pointerOf } from '@cordyna/protocol/model';
import type { JsonObject, JsonValue } from '@cordyna/protocol/model';
import { sameJson } from './same.js';

/** One difference between two values; `path` is a JSON pointer (RFC 6901) into both, into the one that has it. */
export type Difference =
  | { readonly op: 'add'; readonly path: string; readonly after: JsonValue }
  | { readonly op: 'remove'; readonly path: string; readonly before: JsonValue }
  | {
      readonly op: 'replace';
      readonly path: string;
      readonly before: JsonValue;
      readonly after: JsonValue;
    };

const isList = (value: JsonValue): value is readonly JsonValue[] => Array.isArray(value);

/**
 * How one JSON value became another, as deep as both are objects or lists. Elements of lists are compared between what
 * both begin and end with, so that one that was put in or taken out is one difference.
 */
export function differences(before: JsonValue, after: JsonValue, path = ''): readonly Difference[] {
  if (sameJson(before, after)) return [];
  if (isJsonObject(before) && isJsonObject(after)) return ofObjects(before, after, path);
  if (isList(before) && isList(after)) return ofLists(before, after, path);
  return [{ op: 'replace', path, before, after }];
}

function ofObjects(before: JsonObject, after: JsonObject, path: string): readonly Difference[] {
  const keys = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...keys].sort().flatMap((key): readonly Difference[] => {
    const at = `${path}${pointerOf([key])}`;
    const [was, is] = [before[key], after[key]];
    if (was === undefined) return is === undefined ? [] : [{ op: 'add', path: at, after: is }];
    return is === undefined ? [{ op: 'remove', path: at, before: was }] : differences(was, is, at);
  });
}

function ofLists(
  before: readonly JsonValue[],
  after: readonly JsonValue[],
  path: string,
): readonly Difference[] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && sameJson(before[start], after[start])) start += 1;
  let end = 0;
  while (end < shorter - start && sameJson(before.at(-1 - end), after.at(-1 - end))) end += 1;
  const found: Difference[] = [];
  for (let at = start; at < Math.max(before.length, after.length) - end; at += 1) {
    const [was, is] = [
      at < before.length - end ? before[at] : undefined,
      at < after.length - end ? after[at] : undefined,
    ];
    const here = `${path}/${at}`;
    if (was === undefined) found.push({ op: 'add', path: here, after: is as JsonValue });
    else if (is === undefined) found.push({ op: 'remove', path: here, before: was });
    else found.push(...differences(was, is, here));
  }
  return found;
}
