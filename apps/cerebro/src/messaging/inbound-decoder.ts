import { v7 as uuidv7 } from 'uuid';
import type { BusRecord } from '@cordyna/bus';
import {
  EventType,
  isName,
  requestTrigger,
  type CompletedUpdate,
  type DeclarationError,
  type ErrorUpdate,
  type Heartbeat,
  type LogUpdate,
  type ProgressUpdate,
  type QueuedUpdate,
  type RunRequest,
  type ServerDeclaration,
  type UpdateIdentity,
} from '@cordyna/protocol/model';
import { decodeMessage, type CloudEvent, type Poison, type Topics } from '@cordyna/protocol/wire';
import { MESSAGE_HEADER } from './message-header.js';
import { remembered } from './remembered.js';
import {
  signalId,
  withRunInLowerCase,
  type Inbound,
  type Report,
  type Where,
} from '../coordination/index.js';

const CEREBRO = '/cerebro/';

/** Turns the records of the coordinator's topics into inputs of the door; what cannot be read becomes poison. */
export class InboundDecoder {
  constructor(
    private readonly topics: Topics,
    private readonly newRunId: () => string = uuidv7,
  ) {}

  decode(record: BusRecord): Inbound {
    // The record itself: to look at its key and value costs more than all else that is done with a fact.
    const where: Where = record;
    switch (this.topics.kindOf(record.topic)) {
      case 'declarations':
        return declaration(record, where);
      case 'servers':
        return this.read('servers', record, where, (event) => heartbeat(event, record, where));
      case 'events':
        if (isOwnFact(record)) return { kind: 'pass', where };
        return this.read('events', record, where, (event) => update(event, record, where));
      case 'invocations':
        return this.read('invocations', record, where, (event) =>
          runRequest(event, record, where, this.newRunId),
        );
      case 'signals':
        return this.read('signals', record, where, (event) => signal(event, record, where));
      default:
        return { kind: 'pass', where };
    }
  }

  private read(
    kind: 'servers' | 'events' | 'invocations' | 'signals',
    record: BusRecord,
    where: Where,
    take: (event: CloudEvent) => Inbound,
  ): Inbound {
    const decoded = decodeMessage(kind, record);
    return decoded.ok ? take(decoded.event) : poison(decoded, where);
  }
}

const OWN_SOURCE = Buffer.from(`"source":"${CEREBRO}`);
/** The envelope's attributes are well within it. */
const ATTRIBUTE_BYTES = 400;

/**
 * A fact that a coordinator published, and reads again: nothing to do, and nothing to parse. Whoever makes up the header
 * and the source is not listened to either way.
 */
const isOwnFact = (record: BusRecord): boolean =>
  record.headers[MESSAGE_HEADER] !== undefined &&
  record.value?.subarray(0, ATTRIBUTE_BYTES).includes(OWN_SOURCE) === true;

const poison = ({ reason, detail }: Poison, where: Where): Inbound => ({
  kind: 'poison',
  reason,
  detail,
  where,
});

/** By the sender's clock; by the broker's when the sender does not say. */
const sentAt = ({ time }: CloudEvent, record: BusRecord): number =>
  time === undefined ? record.timestampMs : parsed(time);

/** Much is said in the same millisecond. */
const parsed = remembered(Date.parse);

function declaration(record: BusRecord, where: Where): Inbound {
  const name = record.key?.toString('utf8') ?? '';
  if (record.value === null) {
    if (isName(name)) return { kind: 'withdraw', server: name, where };
    return {
      kind: 'poison',
      reason: 'no_value',
      detail: 'a tombstone whose key is not the name of a server',
      where,
    };
  }
  const decoded = decodeMessage('declarations', record);
  const event = decoded.event;
  // Who declares waits for an answer: what could be read as a declaration is answered, the rest is a dead letter.
  if (!event || event.type !== EventType.serverDeclared) {
    return decoded.ok ? { kind: 'pass', where } : poison(decoded, where);
  }
  const data = event.data as { server?: unknown; version?: unknown };
  const server = typeof data.server === 'string' && isName(data.server) ? data.server : name;
  if (!isName(server)) return decoded.ok ? { kind: 'pass', where } : poison(decoded, where);
  // What is wrong with the key is said below.
  const isSound = decoded.ok || decoded.reason === 'key_mismatch';
  const errors: DeclarationError[] = isSound
    ? []
    : (decoded.errors ?? [{ path: '', message: decoded.detail }]).map(({ path, message }) => ({
        code: decoded.reason,
        path,
        message,
      }));
  if (name !== server) {
    const message = `the record's key must be the server's name, "${server}"; it is "${name}"`;
    errors.push({ code: 'key_mismatch', path: '/server', message });
  }
  return {
    kind: 'declare',
    declaration: event.id,
    server,
    version: typeof data.version === 'string' ? data.version : null,
    body: errors.length === 0 ? (event.data as unknown as ServerDeclaration) : null,
    errors,
    where,
  };
}

function heartbeat(event: CloudEvent, record: BusRecord, where: Where): Inbound {
  return {
    kind: 'heartbeat',
    heartbeat: event.data as unknown as Heartbeat,
    at: sentAt(event, record),
    where,
  };
}

function update(event: CloudEvent, record: BusRecord, where: Where): Inbound {
  // What comes from a coordinator is a fact that it published, never a task server's update.
  if (event.source.startsWith(CEREBRO)) return { kind: 'pass', where };
  const report = reportOf(event);
  if (!report) return { kind: 'pass', where };
  const { run, invocation, task, attempt, lease, instance } = event.data as unknown as UpdateIdentity;
  // UUIDs in either case are the same run.
  const identity = { run: run.toLowerCase(), invocation, task, attempt, lease, instance };
  return {
    kind: 'update',
    source: event.source,
    at: sentAt(event, record),
    attempt: identity,
    report,
    where,
  };
}

function reportOf({ type, data }: CloudEvent): Report | null {
  switch (type) {
    case EventType.taskQueued: {
      const { position } = data as unknown as QueuedUpdate;
      return { report: 'queued', ...(position === undefined ? {} : { position }) };
    }
    case EventType.taskStarted:
      return { report: 'started' };
    case EventType.taskCompleted:
      return { report: 'completed', output: (data as unknown as CompletedUpdate).output ?? {} };
    case EventType.taskError:
      return { report: 'error', error: (data as unknown as ErrorUpdate).error };
    case EventType.taskProgress: {
      const { percent = null, message = null } = data as unknown as ProgressUpdate;
      return { report: 'progress', percent, message };
    }
    case EventType.taskLog: {
      const { level, message } = data as unknown as LogUpdate;
      return { report: 'log', level, message };
    }
    default:
      return null;
  }
}

/** Any CloudEvent is an event that happened. */
function signal(event: CloudEvent, record: BusRecord, where: Where): Inbound {
  const { source, id, type, subject = null, data } = event;
  const at = sentAt(event, record);
  return {
    kind: 'signal',
    signal: {
      ...{ signal: signalId(source, id), source, id, type, subject, at, data },
      ...{ force: false, outcome: 'pending' },
    },
    where,
  };
}

function runRequest(event: CloudEvent, record: BusRecord, where: Where, newRunId: () => string): Inbound {
  const request = withRunInLowerCase(event.data as unknown as RunRequest);
  const { source, id, traceparent } = event;
  return {
    kind: 'run-requested',
    source,
    at: sentAt(event, record),
    request,
    trigger: requestTrigger(request, source, id),
    ...(traceparent === undefined ? {} : { traceparent }),
    fallbackKey: `${source} ${id}`,
    newRun: request.run ?? newRunId(),
    where,
  };
}
