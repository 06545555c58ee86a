import { EventType } from '../../model/index.js';
import { FACT_TYPES, UPDATE_TYPES } from '../messages/allowed-types.js';
import { commandsTopicSpec, topicSpecs } from '../topics/topic-specs.js';
import type { TopicSpec } from '../topics/topic-specs.js';
import { topicsOf } from '../topics/topics.js';

export interface Channel {
  readonly id: string;
  /** With `{prefix}` and `{server}` for what an installation chooses. */
  readonly address: string;
  readonly description: string;
  readonly key: string;
  /** Seen from Cerebro. */
  readonly receives: readonly string[];
  readonly sends: readonly string[];
  readonly spec: TopicSpec;
}

const PREFIX = 'PREFIX';
const topics = topicsOf(PREFIX);
const specs = new Map(topicSpecs(PREFIX, { replicationFactor: 1 }).map((spec) => [spec.name, spec]));

function channel(topic: string, fields: Omit<Channel, 'address' | 'spec' | 'id'>): Channel {
  const address = topic.replace(PREFIX, '{prefix}');
  return { id: address.slice('{prefix}.'.length), address, spec: specs.get(topic)!, ...fields };
}

/** Any CloudEvent; not one of the protocol's own types. */
export const ANY_SIGNAL = 'signal';
/** A task's error that Cerebro itself made: nobody holds a lease of it, no instance says it. */
export const ERROR_BY_CEREBRO = `${EventType.taskError}-by-cerebro`;
/** A refused record as it was, with headers that say why. */
export const DEAD_LETTER = 'dead-letter';

export const CHANNELS: readonly Channel[] = [
  channel(topics.declarations, {
    description: 'Task servers declare themselves; a record without a value withdraws the server.',
    key: 'The name of the server.',
    receives: [EventType.serverDeclared],
    sends: [],
  }),
  channel(topics.registrations, {
    description: 'Answers to declarations; every instance of every server reads all of it, without a group.',
    key: 'The name of the server.',
    receives: [],
    sends: [EventType.serverAccepted, EventType.serverRejected],
  }),
  channel(topics.servers, {
    description: 'Signs of life of task servers.',
    key: 'The name of the server.',
    receives: [EventType.serverHeartbeat],
    sends: [],
  }),
  {
    id: 'commands',
    address: '{prefix}.commands.{server}',
    description: 'Commands for one server; its instances share them in the group `{prefix}.server.{server}`.',
    key: 'Opaque.',
    receives: [],
    sends: [EventType.taskInvoke, EventType.taskCancel],
    spec: commandsTopicSpec('server', PREFIX, { replicationFactor: 1 }),
  },
  channel(topics.events, {
    description: 'Task state updates of servers, and what Cerebro decided.',
    key: 'The id of the run.',
    receives: [...UPDATE_TYPES],
    sends: [...FACT_TYPES, ERROR_BY_CEREBRO],
  }),
  channel(topics.invocations, {
    description: 'Anybody asks for a run.',
    key: 'Any.',
    receives: [EventType.runRequested],
    sends: [],
  }),
  channel(topics.signals, {
    description: 'Anything that happened: `type` is its name, `data` the payload for rules.',
    key: 'The type of the event.',
    receives: [ANY_SIGNAL],
    sends: [],
  }),
  channel(topics.deadLetters, {
    description: 'What could not be read or was refused: key and value as they were, the first 900 KiB.',
    key: 'As it was.',
    receives: [],
    sends: [DEAD_LETTER],
  }),
];
