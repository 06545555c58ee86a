import { EventType } from '@cordyna/protocol/model';
import type {
  Heartbeat,
  InvokeCommand,
  JsonObject,
  ServerDeclaration,
  TaskDeclaration,
  TaskLimit,
  UpdateIdentity,
} from '@cordyna/protocol/model';
import type { LogRecord } from './evidence.js';

/** A CloudEvent, in whichever mode it was written. */
export interface Told<T = JsonObject> {
  readonly record: LogRecord;
  readonly type: string;
  readonly source: string;
  readonly id: string;
  readonly data: T;
}

export interface Sign {
  /** Epoch ms of the append. */
  readonly atMs: number;
  readonly offline: boolean;
  /** `<topic>/<partition>@<offset>` */
  readonly record: string;
}

/** What lies in the topics, by what it speaks of. What is no CloudEvent is in none of them. */
export interface Log {
  /** invocation → its invoke records */
  readonly invokes: ReadonlyMap<string, readonly Told<InvokeCommand>[]>;
  /** invocation → what task servers said of it, the earliest first */
  readonly updates: ReadonlyMap<string, readonly Told<UpdateIdentity & JsonObject>[]>;
  /** instance → its signs of life, the earliest first. What somebody repeats is none. */
  readonly signs: ReadonlyMap<string, readonly Sign[]>;
  /** run → states that `run.finished` named */
  readonly finished: ReadonlyMap<string, readonly string[]>;
  /** task → what it depends on, by the last declarations */
  readonly dependencies: ReadonlyMap<string, readonly string[]>;
  /** task with a `forEach` → how its list is taken apart, by the last declarations */
  readonly fans: ReadonlyMap<string, Fan>;
  /** invocation → when others were first told of it, epoch ms of the append */
  readonly invoked: ReadonlyMap<string, number>;
  /** task → when it was declared to be due by itself no more, epoch ms */
  readonly unscheduled: ReadonlyMap<string, readonly number[]>;
  /** task → its limits, by the last declarations */
  readonly limits: ReadonlyMap<string, readonly TaskLimit[]>;
}

/** Of a `forEach`. */
export type Fan = Pick<TaskDeclaration, 'concurrency' | 'onError'>;

const FACTS = '/cerebro/';

export function toldBy(record: LogRecord): Told | null {
  try {
    const body = JSON.parse(record.value ?? '') as JsonObject;
    const { ce_type: type, ce_source: source = '', ce_id: id = '' } = record.headers;
    if (type !== undefined) return { record, type, source, id, data: body };
    const event = body as { type?: string; source?: string; id?: string; data?: JsonObject };
    const { source: by = '', id: name = '', data } = event;
    return typeof event.type === 'string' && data
      ? { record, type: event.type, source: by, id: name, data }
      : null;
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

class Signs {
  private readonly byInstance = new Map<string, Map<string, Sign>>();

  add(instance: string, { record, source, id }: Told, offline: boolean): void {
    const { topic, partition, offset, timestampMs: atMs } = record;
    const known = this.byInstance.get(instance) ?? new Map<string, Sign>();
    this.byInstance.set(instance, known);
    const name = `${topic}/${partition}@${offset}`;
    // Without an id nothing can be told to be the same.
    const message = id === '' ? name : `${source} ${id}`;
    if (atMs < (known.get(message)?.atMs ?? Infinity)) known.set(message, { atMs, offline, record: name });
  }

  inOrder(): Map<string, Sign[]> {
    return new Map(
      [...this.byInstance].map(([instance, all]) => [
        instance,
        [...all.values()].sort((a, b) => a.atMs - b.atMs),
      ]),
    );
  }
}

/** By the last declarations. */
class Declared {
  readonly dependencies = new Map<string, readonly string[]>();
  readonly limits = new Map<string, readonly TaskLimit[]>();
  readonly fans = new Map<string, Fan>();

  readonly unscheduled = new Map<string, number[]>();

  take({ server, tasks }: ServerDeclaration, atMs: number): void {
    for (const { name, dependsOn = [], forEach, limits, concurrency, onError = 'block', everyMs } of tasks) {
      const task = qualified(server, name);
      if (limits) this.limits.set(task, limits);
      if (everyMs === undefined) add(this.unscheduled, task, atMs);
      if (forEach !== undefined)
        this.fans.set(task, { onError, ...(concurrency === undefined ? {} : { concurrency }) });
      const all = forEach === undefined ? dependsOn : [...dependsOn, forEach];
      this.dependencies.set(
        task,
        all.map((one) => qualified(server, one)),
      );
    }
  }
}

export function readLog(records: readonly LogRecord[]): Log {
  const invokes = new Map<string, Told<InvokeCommand>[]>();
  const updates = new Map<string, Told<UpdateIdentity & JsonObject>[]>();
  const signs = new Signs();
  const finished = new Map<string, string[]>();
  const declared = new Declared();
  const invoked = new Map<string, number>();
  for (const record of records) {
    const told = toldBy(record);
    if (!told) continue;
    const { type, source, data } = told;
    if (record.topic.startsWith('commands.') && type === EventType.taskInvoke) {
      const invoke = told as unknown as Told<InvokeCommand>;
      add(invokes, invoke.data.invocation, invoke);
    } else if (record.topic === 'servers' && type === EventType.serverHeartbeat) {
      const { instance, state } = data as unknown as Heartbeat;
      signs.add(instance, told, state === 'offline');
    } else if (record.topic === 'events' && source.startsWith(FACTS)) {
      const { run, state, invocation } = data as { run?: string; state?: string; invocation?: string };
      if (type === EventType.runFinished && run && state) add(finished, run, state);
      if (type === EventType.taskInvoked && invocation)
        invoked.set(invocation, Math.min(record.timestampMs, invoked.get(invocation) ?? Infinity));
    } else if (record.topic === 'events') {
      const update = told as unknown as Told<UpdateIdentity & JsonObject>;
      if (!update.data.invocation) continue;
      add(updates, update.data.invocation, update);
      signs.add(update.data.instance, told, false);
    } else if (record.topic === 'declarations' && type === EventType.serverDeclared) {
      declared.take(data as unknown as ServerDeclaration, record.timestampMs);
    }
  }
  for (const all of updates.values()) all.sort((a, b) => a.record.timestampMs - b.record.timestampMs);
  return { invokes, updates, signs: signs.inOrder(), finished, invoked, ...declared };
}
