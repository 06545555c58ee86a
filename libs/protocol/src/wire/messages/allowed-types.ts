import { EventType } from '../../model/index.js';
import type { TopicKind } from '../topics/topics.js';

/** What a task server says of its attempts. */
export const UPDATE_TYPES: ReadonlySet<string> = new Set([
  EventType.taskQueued,
  EventType.taskStarted,
  EventType.taskProgress,
  EventType.taskLog,
  EventType.taskCompleted,
  EventType.taskError,
]);

/** What Cerebro alone may say on `events`. */
export const FACT_TYPES: ReadonlySet<string> = new Set([
  EventType.taskInvoked,
  EventType.taskBlocked,
  EventType.taskSkipped,
  EventType.taskCancelled,
  EventType.runCreated,
  EventType.runFinished,
]);

/** The types that readers of a topic act on. `signals` takes any. */
export const ALLOWED_TYPES: Readonly<Record<Exclude<TopicKind, 'signals'>, ReadonlySet<string>>> = {
  declarations: new Set([EventType.serverDeclared]),
  registrations: new Set([EventType.serverAccepted, EventType.serverRejected]),
  servers: new Set([EventType.serverHeartbeat]),
  commands: new Set([EventType.taskInvoke, EventType.taskCancel]),
  events: UPDATE_TYPES,
  invocations: new Set([EventType.runRequested]),
};

/** On these a reader leaves alone what it does not know: Cerebro writes them, and may be newer than the reader. */
export const TOLERANT_TOPICS: ReadonlySet<TopicKind> = new Set(['registrations', 'commands']);

export const CEREBRO_SOURCE_PREFIX = '/cerebro/';

/** On `events` such a message is a fact, never a task server's update, whatever its type. */
export const isFromCerebro = (source: string): boolean => source.startsWith(CEREBRO_SOURCE_PREFIX);
