import { randomUUID } from 'node:crypto';
import type { OutMessage } from '@cordyna/bus';
import type {
  Heartbeat,
  InvokeCommand,
  JsonObject,
  RunRequest,
  ServerDeclaration,
  TaskError,
  UpdateIdentity,
} from '@cordyna/protocol/model';
import { EventType } from '@cordyna/protocol/model';
import type { CloudEvent, Topics } from '@cordyna/protocol/wire';
import { encodeStructured } from '@cordyna/protocol/wire';
import type { InstanceIdentity } from './instance.js';

/** What an update is about. */
export interface Attempt {
  readonly command: InvokeCommand;
  readonly traceparent: string | undefined;
}

/** Everything that an instance says, ready for the wire. */
export class ServerMessages {
  constructor(
    private readonly topics: Topics,
    readonly identity: InstanceIdentity,
  ) {}

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
    return this.update(EventType.taskQueued, attempt, { position });
  }

  started(attempt: Attempt): OutMessage {
    return this.update(EventType.taskStarted, attempt, {});
  }

  progress(attempt: Attempt, percent: number, message: string | undefined): OutMessage {
    return this.update(
      EventType.taskProgress,
      attempt,
      message === undefined ? { percent } : { percent, message },
    );
  }

  log(attempt: Attempt, level: string, message: string): OutMessage {
    return this.update(EventType.taskLog, attempt, { level, message });
  }

  completed(attempt: Attempt, output: JsonObject): OutMessage {
    return this.update(EventType.taskCompleted, attempt, { output });
  }

  error(attempt: Attempt, error: TaskError): OutMessage {
    return this.update(EventType.taskError, attempt, { error });
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

  private update(type: string, { command, traceparent }: Attempt, data: object): OutMessage {
    const { invocation, run, task, attempt, lease } = command;
    const { instance } = this.identity;
    // In this order: to add to a copy of an object takes many times as long.
    const said: UpdateIdentity = { invocation, run, task, attempt, lease, instance, ...data };
    const event = this.event(type, task, said, traceparent);
    return { topic: this.topics.events, key: run, ...encodeStructured(event) };
  }

  private event<T>(type: string, subject: string, data: T, traceparent: string | undefined): CloudEvent<T> {
    return {
      specversion: '1.0',
      id: randomUUID(),
      source: this.identity.source,
      type,
      time: new Date().toISOString(),
      subject,
      datacontenttype: 'application/json',
      ...(traceparent === undefined ? {} : { traceparent }),
      data,
    };
  }
}
