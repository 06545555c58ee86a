import type { Changes } from '../../../apps/cerebro/src/coordination/ports/index.js';
import { instanceKey, type Database } from './database.js';

/** Signs of life closer together than this leave the row alone. */
export const SIGN_GRAIN_MS = 200;

type Instances = Pick<Changes, 'heartbeats' | 'signsOfLife' | 'lost'>;

/** Who was heard, and who was not: a heartbeat in the same batch keeps an instance from being lost. */
export function writeInstances(db: Database, changes: Instances, now: number): void {
  beat(db, changes, now);
  for (const { server, instance, sentAt } of changes.signsOfLife) {
    const known = db.instances.get(instanceKey(server, instance));
    const wasLost = known?.state === 'lost';
    if (known && (known.lastSeen < now - SIGN_GRAIN_MS || known.lastSeen === now || wasLost)) {
      known.lastSeen = Math.max(known.lastSeen, now);
      known.clockSkewMs = sentAt - now;
      if (wasLost) Object.assign(known, { state: 'online', stateSince: now });
    }
    if (known) continue;
    db.instances.set(instanceKey(server, instance), {
      ...{ server, instance, state: 'online', stateSince: now, heartbeats: false, lastSeen: now },
      ...{ clockSkewMs: sentAt - now, capacity: null, queueLimit: null, queued: null, started: null },
    });
  }
  for (const { server, instance, silentBefore } of changes.lost) {
    const known = db.instances.get(instanceKey(server, instance));
    if (!known || known.state === 'lost' || known.state === 'offline') continue;
    if (known.lastSeen + SIGN_GRAIN_MS > silentBefore) continue;
    Object.assign(known, { state: 'lost', stateSince: now });
    db.lost.push({ server, instance, silentBefore, at: now });
  }
}

function beat(db: Database, { heartbeats }: Instances, now: number): void {
  const newest = new Map(heartbeats.map((one) => [instanceKey(one.server, one.instance), one]));
  for (const [id, { server, instance, state, capacity, queueLimit, queued, started }] of newest) {
    const known = db.instances.get(id);
    db.instances.set(id, {
      ...{ server, instance, state, capacity, queueLimit: queueLimit ?? 10 * capacity },
      ...{ queued: queued ?? null, started: started ?? null, heartbeats: true },
      stateSince: known?.state === state ? known.stateSince : now,
      lastSeen: Math.max(known?.lastSeen ?? now, now),
      clockSkewMs: known?.clockSkewMs ?? null,
    });
  }
}
