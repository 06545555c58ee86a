import { isJsonObject, pointerOf, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import { sameJson } from '../json/same.js';

/** What tells people something and promises nothing. */
const ANNOTATIONS = new Set(['$schema', '$id', '$comment', 'title', 'description', 'default', 'examples']);
const MAX_TOLD = 10;

/**
 * What those who read a task's output may not rely on any more: members that are gone or no longer certain, and values
 * that are of another type or range. More members and more certainty are no loss. Each with its pointer into the schema.
 */
export function outputLosses(before: JsonObject | null, after: JsonObject | null): readonly string[] {
  if (before === null) return [];
  if (after === null) return ['/ is there no more'];
  const found = losses(before, after, '');
  const left = found.length - MAX_TOLD;
  return left > 0 ? [...found.slice(0, MAX_TOLD), `and ${left} more`] : found;
}

function losses(before: JsonObject, after: JsonObject, at: string): readonly string[] {
  return Object.keys({ ...before, ...after }).flatMap((keyword): readonly string[] => {
    const [was, is] = [before[keyword], after[keyword]];
    const path = `${at}${pointerOf([keyword])}`;
    if (ANNOTATIONS.has(keyword) || sameJson(was, is)) return [];
    if (keyword === 'properties' && isJsonObject(was))
      return ofProperties(was, isJsonObject(is) ? is : {}, path);
    if (keyword === 'required') return uncertain(was, is, path);
    if (keyword === 'items' && isJsonObject(was) && isJsonObject(is)) return losses(was, is, path);
    // Members that the schema did not speak of before are new ones.
    if (was === undefined && keyword === 'properties') return [];
    if (keyword === 'type') return [`${path} is ${words(is)} and was ${words(was)}`];
    return [
      `${path} ${is === undefined ? 'is there no more' : was === undefined ? 'is new' : 'was changed'}`,
    ];
  });
}

const words = (type: JsonValue | undefined): string =>
  type === undefined ? 'anything' : [type].flat().map(String).join(' or ');

const ofProperties = (before: JsonObject, after: JsonObject, at: string): readonly string[] =>
  Object.keys(before).flatMap((name) => {
    const [was, is] = [before[name], after[name]];
    const path = `${at}${pointerOf([name])}`;
    if (is === undefined) return [`${path} is there no more`];
    if (isJsonObject(was) && isJsonObject(is)) return losses(was, is, path);
    return was === is ? [] : [`${path} was changed`];
  });

function uncertain(
  before: JsonValue | undefined,
  after: JsonValue | undefined,
  at: string,
): readonly string[] {
  const now = new Set(Array.isArray(after) ? after : []);
  const gone = Array.isArray(before) ? before.filter((name: JsonValue) => !now.has(name)) : [];
  return gone.map((name) => `${at} has ${String(name)} no more`);
}
