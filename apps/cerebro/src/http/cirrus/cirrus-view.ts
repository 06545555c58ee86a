import { type EventBody, type EventSetBody, type JsonValue, type RuleBody } from '@cordyna/protocol/model';
import type { DefinitionView } from '../../coordination/index.js';
import type { CirrusType } from './cirrus-body.js';

export interface CirrusEntry {
  readonly [name: string]: JsonValue;
}

/** Is it of Cirrus' form? Sets that use events up or are complete with some, and rules with tasks and jobs, are not. */
export function isOfCirrus(type: CirrusType, { body }: DefinitionView): boolean {
  if (type === 'event') return true;
  if (type === 'event_set') {
    const { latched, complete, atLeast } = body as unknown as EventSetBody;
    return latched === true && complete !== 'any' && atLeast === undefined;
  }
  return (body as unknown as RuleBody).activity.cmd !== undefined;
}

/** A definition as Cirrus stores it. */
export const entryOf = (type: CirrusType, { name, body, at }: DefinitionView): CirrusEntry => ({
  [type]: name,
  payload: payloadOf(type, body),
  ts: Date.parse(at) / 1_000,
});

function payloadOf(type: CirrusType, body: DefinitionView['body']): JsonValue {
  if (type === 'event') return (body as unknown as EventBody).payload ?? null;
  if (type === 'event_set') return (body as unknown as EventSetBody).events as JsonValue;
  const { eventSet, activity, triggering, attempts } = body as unknown as RuleBody;
  const rest = {
    ...(triggering === undefined ? {} : { triggering }),
    ...(attempts === undefined ? {} : { attempts }),
  };
  return { [eventSet]: { activity, ...rest } } as unknown as JsonValue;
}
