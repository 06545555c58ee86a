import { signalId } from '../../../apps/cerebro/src/coordination/index.js';
import { InboundDecoder } from '../../../apps/cerebro/src/messaging/inbound-decoder.js';
import type { Happenings } from '../actors/happenings.js';
import { TOPICS, type Site } from '../actors/site.js';

/** Every event ends in the ledger, and each is used by at most one firing of a rule, which ends too. */
export function checkEvents(site: Site, happenings: Happenings | null): string[] {
  return [...checkLedger(site, happenings), ...checkFirings(site), ...checkWaiting(site)];
}

function checkLedger({ db: { events }, broker }: Site, happenings: Happenings | null): string[] {
  const found: string[] = [];
  for (const { id, outcome } of events.signals.values())
    if (outcome === 'pending') found.push(`the event ${id} was never looked at`);
  const wanted = new Set([...(happenings?.answered ?? [])].map((id) => signalId('/happenings', id)));
  const decoder = new InboundDecoder(TOPICS, () => '');
  for (const record of broker.records(TOPICS.signals)) {
    const inbound = decoder.decode(record);
    if (inbound.kind === 'signal') wanted.add(inbound.signal.signal);
  }
  for (const id of wanted) if (!events.signals.has(id)) found.push(`the event ${id} is not in the ledger`);
  const asked = new Set([...(happenings?.asked ?? [])].map((id) => signalId('/happenings', id)));
  for (const { signal, source } of events.signals.values())
    if (!wanted.has(signal) && !asked.has(signal) && !source.startsWith('/cerebro/rules/'))
      found.push(`nobody told of the event ${signal}`);
  return found;
}

function checkFirings({ db: { events, runs } }: Site): string[] {
  const found: string[] = [];
  const used = new Set<string>();
  const attempts = new Map<string, number>();
  for (const { seed } of runs.values()) {
    const { kind, id = '' } = seed.trigger;
    if (kind === 'rule') attempts.set(id, (attempts.get(id) ?? 0) + 1);
  }
  for (const [id, { value }] of events.firings) {
    const { rule, state, attempt, run, body } = value;
    if (state !== 'done' && state !== 'error') found.push(`the firing ${id} of ${rule} is left ${state}`);
    if ((attempts.get(id) ?? 0) !== attempt)
      found.push(`the firing ${id} has ${attempts.get(id) ?? 0} runs, not ${attempt}`);
    if (attempt > (body.attempts ?? 1)) found.push(`the firing ${id} was begun too often`);
    if (run !== null && runs.get(run)?.seed.trigger.id !== id)
      found.push(`run ${run} is not of the firing ${id}`);
    attempts.delete(id);
    for (const { signal } of value.events) {
      const one = `${signal}\n${rule}`;
      if (used.has(one)) found.push(`the event ${signal} is used twice by ${rule}`);
      used.add(one);
      const row = events.rules.get(one);
      if (row?.outcome !== 'triggered' || row.firing !== id)
        found.push(`the ledger does not say that ${id} used ${signal}`);
    }
    const raised = [...events.signals.values()].filter((one) => one.id.startsWith(`${id}/`)).length;
    const wanted = state === 'done' && body.triggering !== undefined ? 1 : 0;
    if (raised !== wanted) found.push(`the firing ${id} raised ${raised} events, not ${wanted}`);
  }
  for (const id of attempts.keys()) found.push(`a run of the firing ${id}, which there is not`);
  for (const { rule, firing, signal, outcome } of events.rules.values())
    if (outcome === 'triggered' && !used.has(`${signal}\n${rule}`))
      found.push(`no firing ${firing} used ${signal}`);
  return found;
}

/** Who waits according to the ledger waits in an event set, and the other way round. */
function checkWaiting({ db: { events } }: Site): string[] {
  const waiting = new Set<string>();
  for (const { value } of events.states.values()) {
    if (value?.kind === 'wait')
      for (const { signal } of value.waiting) waiting.add(`${signal}\n${value.rule}`);
    if (value?.kind === 'latch')
      for (const { signal, waitsIn } of value.events ?? [])
        for (const rule of waitsIn) waiting.add(`${signal}\n${rule}`);
  }
  const found: string[] = [];
  for (const [id, { outcome }] of events.rules) {
    if ((outcome === 'waiting') !== waiting.has(id))
      found.push(`${id.replace('\n', ' for ')} is ${outcome}, and waits: ${waiting.has(id)}`);
  }
  return found;
}
