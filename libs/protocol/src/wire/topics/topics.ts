export const DEFAULT_PREFIX = 'cordyna';

/** What a topic is for; `commands` stands for the command topics of all servers. */
export const TOPIC_KINDS = [
  'declarations',
  'registrations',
  'servers',
  'commands',
  'events',
  'invocations',
  'signals',
] as const;
export type TopicKind = (typeof TOPIC_KINDS)[number];

/** Names of the topics and consumer groups of one installation. */
export interface Topics {
  readonly prefix: string;
  readonly declarations: string;
  readonly registrations: string;
  readonly servers: string;
  readonly events: string;
  readonly invocations: string;
  readonly signals: string;
  readonly deadLetters: string;
  readonly commands: (server: string) => string;
  /** The consumer group that the instances of one server share. */
  readonly serverGroup: (server: string) => string;
  /** The consumer group that all coordinators share. */
  readonly cerebroGroup: string;
  /** Undefined for dead letters and for every topic of somebody else. */
  readonly kindOf: (topic: string) => TopicKind | undefined;
}

const PREFIX = /^[A-Za-z0-9][A-Za-z0-9._-]{0,119}$/;

/**
 * One prefix is one isolated installation, consumer groups included.
 * @throws RangeError when Kafka would refuse the names: 249 characters are allowed, a server's name takes up to 64.
 */
export function topicsOf(prefix: string = DEFAULT_PREFIX): Topics {
  if (!PREFIX.test(prefix)) {
    throw new RangeError(
      `topic prefix "${prefix}": 1 to 120 of letters, digits, ".", "_", "-", not beginning with one of the last three`,
    );
  }
  const fixed = {
    declarations: `${prefix}.declarations`,
    registrations: `${prefix}.registrations`,
    servers: `${prefix}.servers`,
    events: `${prefix}.events`,
    invocations: `${prefix}.invocations`,
    signals: `${prefix}.signals`,
  };
  const commandsPrefix = `${prefix}.commands.`;
  const kinds = new Map(Object.entries(fixed).map(([kind, topic]) => [topic, kind as TopicKind]));
  return {
    prefix,
    ...fixed,
    deadLetters: `${prefix}.dead-letters`,
    commands: (server) => commandsPrefix + server,
    serverGroup: (server) => `${prefix}.server.${server}`,
    cerebroGroup: `${prefix}.cerebro`,
    kindOf: (topic) => kinds.get(topic) ?? (topic.startsWith(commandsPrefix) ? 'commands' : undefined),
  };
}
