import { randomUUID } from 'node:crypto';
import type { OutMessage } from '@cordyna/bus';
import type {
  Heartbeat,
  InvokeCommand,
  RunRequest,
  ServerDeclaration,
  TaskError,
} from '@cordyna/protocol/model';
import { EventType } from '@cordyna/protocol/model';
import type { CloudEvent, EncodedText, EventText, Topics } from '@cordyna/protocol/wire';
import { encodeStructured, jsonText, structuredTextOf } from '@cordyna/protocol/wire';
import type { InstanceIdentity } from './instance.js';

/** What an update is about. */
export interface Attempt {
  readonly command: InvokeCommand;
  readonly traceparent: string | undefined;
  /** What all updates about it begin with, kept from the first one on. */
  identity?: string;
}

/** Everything that an instance says, ready for the wire. */
export class ServerMessages {
  private readonly textOf: (event: EventText) => EncodedText;
  private readonly instanceText: string;
  private readonly now = isoTime();
  private said = 1;

  constructor(
    private readonly topics: Topics,
    readonly identity: InstanceIdentity,
  ) {
    this.textOf = structuredTextOf(identity.source);
    this.instanceText = jsonText(identity.instance);
  }

  /** The CloudEvents `id` is what the answer names. */
  declaration(declaration: ServerDeclaration): { id: string; message: OutMessage } {
    const { server } = this.identity;
    const event = this.event(EventType.serverDeclared, server, declaration, undefined);
    return {
      id: event.id,
      message: { topic: this.topics.declarations, key: server, ...encodeStructured(event) },
    };
  }

  heartbeat(data: Omit<Heartbeat, 'server' | 'instance'>): OutMessage {
    const { server, instance } = this.identity;
    const event = this.event(EventType.serverHeartbeat, server, { server, instance, ...data }, undefined);
    return { topic: this.topics.servers, key: server, ...encodeStructured(event) };
  }

  queued(attempt: Attempt, position: number): OutMessage {
    return this.update(EventType.taskQueued, attempt, `,"position":${position}`);
  }

  started(attempt: Attempt): OutMessage {
    return this.update(EventType.taskStarted, attempt, '');
  }

  progress(attempt: Attempt, percent: number, message: string | undefined): OutMessage {
    const said = message === undefined ? '' : `,"message":${JSON.stringify(message)}`;
    return this.update(EventType.taskProgress, attempt, `,"percent":${percent}${said}`);
  }

  log(attempt: Attempt, level: string, message: string): OutMessage {
    const said = `,"level":${JSON.stringify(level)},"message":${JSON.stringify(message)}`;
    return this.update(EventType.taskLog, attempt, said);
  }

  /** @param output JSON text of an object */
  completed(attempt: Attempt, output: string): OutMessage {
    return this.update(EventType.taskCompleted, attempt, `,"output":${output}`);
  }

  error(attempt: Attempt, error: TaskError): OutMessage {
    return this.update(EventType.taskError, attempt, `,"error":${JSON.stringify(error)}`);
  }

  runRequested(request: RunRequest, traceparent?: string): OutMessage {
    const subject = request.task ?? request.job ?? '';
    const event = this.event(EventType.runRequested, subject, request, traceparent);
    return {
      topic: this.topics.invocations,
      key: request.idempotencyKey ?? subject,
      ...encodeStructured(event),
    };
  }

  /** @param more members of the data behind those that all updates have, each with a comma in front */
  private update(type: string, attempt: Attempt, more: string): OutMessage {
    const { run, task } = attempt.command;
    const { traceparent } = attempt;
    const identity = (attempt.identity ??= this.identityOf(attempt.command));
    const data = `${identity}${more}}`;
    // Unique per source, as CloudEvents ask for, and the source is per process start.
    const id = (this.said++).toString(36);
    const event = { id, type, time: this.now(), subject: task, traceparent, data };
    const { value, headers } = this.textOf(event);
    return { topic: this.topics.events, key: run, value, headers };
  }

  /** JSON text of the data (`UpdateIdentity`) without its closing brace. */
  private identityOf({ invocation, run, task, attempt, lease }: InvokeCommand): string {
    const about = `{"invocation":${jsonText(invocation)},"run":${jsonText(run)},"task":${jsonText(task)}`;
    return `${about},"attempt":${attempt},"lease":${jsonText(lease)},"instance":${this.instanceText}`;
  }

  private event<T>(type: string, subject: string, data: T, traceparent: string | undefined): CloudEvent<T> {
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: this.identity.source,
      type,
      time: this.now(),
      subject,
      ...(traceparent === undefined ? {} : { traceparent }),
      data,
    };
  }
}

/** The time of now as text; what is said in the same millisecond shares it. */
function isoTime(): () => string {
  let lastMs = Number.NaN;
  let text = '';
  return () => {
    const nowMs = Date.now();
    if (nowMs !== lastMs) text = new Date(nowMs).toISOString();
    lastMs = nowMs;
    return text;
  };
}
