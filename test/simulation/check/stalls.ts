import { EventType } from '@cordyna/protocol/model';
import { SETTINGS, type Site } from '../actors/site.js';
import { ENOUGH, type Fired } from './watchdogs.js';

/** From this on an absence of Kafka is a stall to everybody, however slow a probe was. */
const SURE_STALL_MS = 5_000;
/** A probe may have taken its time while Kafka was still away. */
const SLOWEST_PROBE_MS = 1_600;

/** Nobody is judged by what he could not have said: no watchdog fires soon after Kafka was away for long. */
export function checkStalls({ db, faults }: Site): string[] {
  const found: string[] = [];
  const stalls = faults.busOutages
    .filter(({ from, to }) => to - from >= SURE_STALL_MS)
    .map(({ from, to }) => ({ from, graceEnd: to + SETTINGS.stallGraceMs - SLOWEST_PROBE_MS }));
  const isJudgedTooSoon = (about: number, judgedAt: number): boolean =>
    stalls.some(({ from, graceEnd }) => about > from && judgedAt < graceEnd);
  for (const [run, { history }] of db.runs) {
    for (const { type, applied, data, seq, at } of history) {
      const { error, deadlineAt } = data as Fired;
      if (type !== EventType.taskError || !applied || !ENOUGH[error?.code ?? ''] || !deadlineAt) continue;
      if (isJudgedTooSoon(deadlineAt, at))
        found.push(`run ${run}#${seq}: ${error?.code} right after Kafka had been away`);
    }
  }
  for (const { server, instance, silentBefore } of db.lost) {
    const watermark = silentBefore + SETTINGS.lostAfterMs;
    if (isJudgedTooSoon(watermark, watermark))
      found.push(`${server}/${instance} was found lost right after Kafka had been away`);
  }
  return found;
}
