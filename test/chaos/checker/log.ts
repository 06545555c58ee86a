import { EventType } from '@cordyna/protocol/model';
import type {
  Heartbeat,
  InvokeCommand,
  JsonObject,
  ServerDeclaration,
  UpdateIdentity,
} from '@cordyna/protocol/model';
import type { LogRecord } from './evidence.js';

/** A CloudEvent, in whichever mode it was written. */
export interface Told<T = JsonObject> {
  readonly record: LogRecord;
  readonly type: string;
  readonly source: string;
  readonly data: T;
}

/** What lies in the topics, by what it speaks of. What is no CloudEvent is in none of them. */
export interface Log {
  /** invocation → its invoke records */
  readonly invokes: ReadonlyMap<string, readonly Told<InvokeCommand>[]>;
  /** invocation → what task servers said of it, the earliest first */
  readonly updates: ReadonlyMap<string, readonly Told<UpdateIdentity & JsonObject>[]>;
  /** instance → its signs of life: epoch ms of the append, and whether it said that it ended */
  readonly signs: ReadonlyMap<string, readonly { readonly atMs: number; readonly offline: boolean }[]>;
  /** run → states that `run.finished` named */
  readonly finished: ReadonlyMap<string, readonly string[]>;
  /** task → what it depends on, by the last declarations */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
}

const FACTS = '/cerebro/';

export function toldBy(record: LogRecord): Told | null {
  try {
    const body = JSON.parse(record.value ?? '') as JsonObject;
    const { ce_type: type, ce_source: source = '' } = record.headers;
    if (type !== undefined) return { record, type, source, data: body };
    const { type: told, source: by, data } = body as { type?: string; source?: string; data?: JsonObject };
    return typeof told === 'string' && data ? { record, type: told, source: by ?? '', data } : null;
  } catch {
    return null;
  }
}

function add<T>(map: Map<string, T[]>, key: string, value: T): void {
  const known = map.get(key);
  if (known) known.push(value);
  else map.set(key, [value]);
}

const qualified = (server: string, task: string): string => (task.includes('.') ? task : `${server}.${task}`);

export function readLog(records: readonly LogRecord[]): Log {
  const invokes = new Map<string, Told<InvokeCommand>[]>();
  const updates = new Map<string, Told<UpdateIdentity & JsonObject>[]>();
  const signs = new Map<string, { atMs: number; offline: boolean }[]>();
  const finished = new Map<string, string[]>();
  const dependencies = new Map<string, readonly string[]>();
  for (const record of records) {
    const told = toldBy(record);
    if (!told) continue;
    const { type, source, data } = told;
    const { timestampMs: atMs } = record;
    if (record.topic.startsWith('commands.') && type === EventType.taskInvoke) {
      const invoke = told as unknown as Told<InvokeCommand>;
      add(invokes, invoke.data.invocation, invoke);
    } else if (record.topic === 'servers' && type === EventType.serverHeartbeat) {
      const { instance, state } = data as unknown as Heartbeat;
      add(signs, instance, { atMs, offline: state === 'offline' });
    } else if (record.topic === 'events' && source.startsWith(FACTS)) {
      const { run, state } = data as { run?: string; state?: string };
      if (type === EventType.runFinished && run && state) add(finished, run, state);
    } else if (record.topic === 'events') {
      const update = told as unknown as Told<UpdateIdentity & JsonObject>;
      if (!update.data.invocation) continue;
      add(updates, update.data.invocation, update);
      add(signs, update.data.instance, { atMs, offline: false });
    } else if (record.topic === 'declarations' && type === EventType.serverDeclared) {
      const { server, tasks } = data as unknown as ServerDeclaration;
      for (const { name, dependsOn = [], forEach } of tasks) {
        const all = forEach === undefined ? dependsOn : [...dependsOn, forEach];
        dependencies.set(
          qualified(server, name),
          all.map((one) => qualified(server, one)),
        );
      }
    }
  }
  for (const all of signs.values()) all.sort((a, b) => a.atMs - b.atMs);
  for (const all of updates.values()) all.sort((a, b) => a.record.timestampMs - b.record.timestampMs);
  return { invokes, updates, signs, finished, dependencies };
}
