import { InboundDecoder } from '../../../apps/cerebro/src/messaging/inbound-decoder.js';
import { keyOf, positionOf } from '../../../apps/cerebro/src/coordination/ports/index.js';
import { EventType, type RunRequest } from '@cordyna/protocol/model';
import { INBOUND, TOPICS, type Site } from '../actors/site.js';
import { OWN_SCHEDULES } from '../actors/files.js';
import type { Promises } from '../actors/clients.js';
import { UNSTORABLE } from '../store/write.js';
import { toldBy } from './commands.js';

/** Everything was read, everything was sent. */
export function checkRest({ db, broker }: Site): string[] {
  const found: string[] = [];
  if (db.outbox.size > 0)
    found.push(
      `${db.outbox.size} rows of the outbox are left: ${[...db.outbox.values()]
        .flatMap(({ messages }) => messages.map(({ messageId }) => messageId))
        .join()}`,
    );
  for (const topic of INBOUND) {
    for (let partition = 0; partition < broker.partitionsOf(topic); partition++) {
      const end = broker.end(topic, partition);
      const at = db.positions.get(positionOf(topic, partition)) ?? 0n;
      if (at !== end) found.push(`${topic}/${partition} is read to ${at} of ${end}`);
    }
  }
  return found;
}

/** What cannot be read or stored is dead-lettered exactly once, in the table and on the topic. */
export function checkDeadLetters({ db, broker }: Site): string[] {
  const decoder = new InboundDecoder(TOPICS, () => '');
  const wanted = new Set<string>();
  for (const topic of INBOUND) {
    for (const record of broker.records(topic)) {
      const isPoison = decoder.decode(record).kind === 'poison';
      const isUnstorable = record.value?.includes(UNSTORABLE) === true;
      if (isPoison || isUnstorable) wanted.add(`${record.topic}/${record.partition}/${record.offset}`);
    }
  }
  const inTable = db.deadLetters.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`);
  const onTopic = broker.records(TOPICS.deadLetters).map(({ headers }) => String(headers['cordyna-message']));
  const found: string[] = [];
  for (const [where, all] of [
    ['table', inTable],
    ['topic', onTopic],
  ] as const) {
    for (const id of wanted) if (!all.includes(id)) found.push(`${id} has no dead letter in the ${where}`);
    const twice = all.filter((id, at) => all.indexOf(id) !== at);
    for (const id of twice) found.push(`${id} has two dead letters in the ${where}`);
  }
  return found;
}

/** Each request that was taken in has its run, each key one run. */
export function checkRequests({ db, broker }: Site, { answered }: Promises): string[] {
  const found = [...answered]
    .filter((run) => !db.runs.has(run))
    .map((run) => `run ${run}, which was promised, is lost`);
  const refused = new Set(
    db.deadLetters.map(({ topic, partition, offset }) => `${topic}/${partition}/${offset}`),
  );
  for (const record of broker.records(TOPICS.invocations)) {
    const told = toldBy(record);
    if (told?.type !== EventType.runRequested) continue;
    const { task = '', idempotencyKey = '' } = told.data as unknown as RunRequest;
    const key = db.keys.get(keyOf(task, idempotencyKey));
    if (refused.has(`${record.topic}/${record.partition}/${record.offset}`)) continue;
    if (!key) found.push(`the request ${idempotencyKey} for ${task} is lost`);
    else if (!db.runs.has(key.run)) found.push(`the key ${idempotencyKey} names a run that is not there`);
  }
  const byKey = new Set([...db.keys.values()].map(({ run }) => run));
  for (const [run, { seed }] of db.runs)
    if (!['schedule', 'rule'].includes(seed.trigger.kind) && !byKey.has(run))
      found.push(`run ${run} is one too many`);
  return found;
}

/** Each due time of a schedule is settled once, and none is left out. */
export function checkSchedules({ db }: Site): string[] {
  const found: string[] = [];
  const runs = new Map<string, number>();
  for (const { seed } of db.runs.values())
    if (seed.trigger.kind === 'schedule') {
      const id = `${seed.trigger.schedule} ${seed.trigger.scheduledFor}`;
      runs.set(id, (runs.get(id) ?? 0) + 1);
    }
  const bySchedule = new Map<string, number[]>();
  for (const { schedule, scheduledFor, outcome, run } of db.firings.values()) {
    bySchedule.set(schedule, [...(bySchedule.get(schedule) ?? []), scheduledFor]);
    const id = `${schedule} ${new Date(scheduledFor).toISOString()}`;
    const count = runs.get(id) ?? 0;
    runs.delete(id);
    if (count !== (outcome === 'run' ? 1 : 0)) found.push(`${id} is ${outcome} and has ${count} runs`);
    if (run && !db.runs.has(run)) found.push(`${id} names a run that is not there`);
  }
  for (const id of runs.keys()) found.push(`a run for ${id}, which was not settled`);
  for (const [schedule, times] of bySchedule) {
    // Those are changed, paused and fired by hand.
    if (OWN_SCHEDULES.includes(schedule)) continue;
    const { everyMs } = db.schedules.get(schedule)?.value ?? {};
    times.sort((a, b) => a - b);
    times.forEach((time, at) => {
      if (at > 0 && time - (times[at - 1] ?? 0) !== everyMs)
        found.push(`${schedule}: a due time before ${time} was left out`);
    });
  }
  return found;
}
