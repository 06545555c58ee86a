import { EventType, type UpdateIdentity } from '@cordyna/protocol/model';
import { SETTINGS, TOPICS, type Site } from '../actors/site.js';
import type { LoggedRecord } from '../kafka/broker.js';
import { toldBy } from './commands.js';

/** Updates that would have kept each timeout from firing. */
export const ENOUGH: { readonly [code: string]: readonly string[] } = {
  ack_timeout: [EventType.taskQueued, EventType.taskStarted, EventType.taskCompleted, EventType.taskError],
  start_timeout: [EventType.taskStarted, EventType.taskCompleted, EventType.taskError],
  completion_timeout: [EventType.taskCompleted, EventType.taskError],
};

export interface Fired {
  readonly invocation?: string;
  readonly error?: { readonly code: string };
  readonly deadlineAt?: number;
}

/** No watchdog fired while an update that came in time was in the log. */
export function checkTimeouts({ db, broker }: Site): string[] {
  const updates = new Map<string, { readonly type: string; readonly record: LoggedRecord }[]>();
  const refused = new Set(
    db.deadLetters.map(({ topic, partition, offset }) => `${topic}/${partition}@${offset}`),
  );
  for (const record of broker.records(TOPICS.events)) {
    const told = toldBy(record);
    const identity = told?.data as UpdateIdentity | undefined;
    if (!told || !identity?.invocation || identity.lease === undefined || identity.lease === 'forged')
      continue;
    if (refused.has(`${record.topic}/${record.partition}@${record.offset}`)) continue;
    const known = updates.get(identity.invocation) ?? [];
    updates.set(identity.invocation, [...known, { type: told.type, record }]);
  }
  const found: string[] = [];
  for (const [run, { history }] of db.runs) {
    for (const { type, applied, data, seq } of history) {
      const { invocation, error, deadlineAt } = data as Fired;
      const enough = ENOUGH[error?.code ?? ''];
      if (type !== EventType.taskError || !applied || !enough || !invocation || !deadlineAt) continue;
      const inTime = updates
        .get(invocation)
        ?.find((one) => enough.includes(one.type) && one.record.appendedAt < deadlineAt);
      if (inTime) found.push(`run ${run}#${seq}: ${error?.code} though ${inTime.type} came in time`);
    }
  }
  return found;
}

/** Nobody was found lost who had given a sign of life that was in the log. */
export function checkLost({ db, broker }: Site): string[] {
  const signs = new Map<string, number[]>();
  for (const record of broker.records(TOPICS.servers)) {
    const { server, instance } = (toldBy(record)?.data ?? {}) as { server?: string; instance?: string };
    const id = `${server}/${instance}`;
    signs.set(id, [...(signs.get(id) ?? []), record.appendedAt]);
  }
  return db.lost.flatMap(({ server, instance, silentBefore }) => {
    const sign = signs
      .get(`${server}/${instance}`)
      ?.find((at) => at >= silentBefore && at < silentBefore + SETTINGS.lostAfterMs);
    return sign === undefined ? [] : [`${instance} was found lost though it gave a sign of life`];
  });
}
