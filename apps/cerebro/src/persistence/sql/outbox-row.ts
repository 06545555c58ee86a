import type { OutboxMessage } from '../../coordination/ports/index.js';

type Fields = Pick<OutboxMessage, 'kind' | 'topic' | 'headers' | 'server' | 'ackMs'>;
type Common = readonly [
  kind: Fields['kind'],
  topic: string,
  headers: Fields['headers'],
  server: string | null,
  ackMs: number | null,
];
type Head = readonly [
  common: number,
  partition: number | null,
  messageId: string,
  run: string | null,
  /** True: the same as the message's id. */
  invocation: string | true | null,
  keyBytes: number | null,
  valueBytes: number | null,
];
/** In `heads`; retention reads the runs out of it, and migrations have made such rows. */
interface Heads {
  /** What many messages have in common, each once. */
  readonly commons: readonly Common[];
  readonly messages: readonly Head[];
}

/** The messages of a commit as a row of the outbox holds them. */
export interface JoinedMessages {
  /** JSON: all but keys and values. */
  readonly heads: string;
  /** Key and value of each message, one behind the other. */
  readonly bodies: Buffer;
}

class Commons {
  readonly all: Common[] = [];
  private readonly byTopic = new Map<string, (Fields & { readonly at: number })[]>();

  indexOf({ kind, topic, headers, server, ackMs }: Fields): number {
    let known = this.byTopic.get(topic);
    if (!known) this.byTopic.set(topic, (known = []));
    for (const one of known)
      // Most messages have the same headers, which are one object.
      if (one.ackMs === ackMs && one.headers === headers && one.server === server && one.kind === kind)
        return one.at;
    const at = this.all.push([kind, topic, headers, server, ackMs]) - 1;
    known.push({ kind, topic, headers, server, ackMs, at });
    return at;
  }
}

export function joinMessages(messages: readonly OutboxMessage[]): JoinedMessages {
  const commons = new Commons();
  const bodies: Buffer[] = [];
  const heads = messages.map((message): Head => {
    const { partition, messageId, run, invocation, key, value } = message;
    if (key) bodies.push(key);
    if (value) bodies.push(value);
    return [
      commons.indexOf(message),
      partition,
      messageId,
      run,
      invocation === messageId ? true : invocation,
      key ? key.length : null,
      value ? value.length : null,
    ];
  });
  const joined: Heads = { commons: commons.all, messages: heads };
  return { heads: JSON.stringify(joined), bodies: Buffer.concat(bodies) };
}

export function splitMessages({ heads, bodies }: JoinedMessages): readonly OutboxMessage[] {
  const { commons, messages } = JSON.parse(heads) as Heads;
  let at = 0;
  const next = (bytes: number | null): Buffer | null =>
    bytes === null ? null : bodies.subarray(at, (at += bytes));
  return messages.map(([common, partition, messageId, run, invocation, keyBytes, valueBytes]) => {
    const known = commons[common];
    if (!known) throw new Error(`a message of the outbox has no part ${common} in common with any`);
    const [kind, topic, headers, server, ackMs] = known;
    const [key, value] = [next(keyBytes), next(valueBytes)];
    const its = invocation === true ? messageId : invocation;
    return { kind, messageId, topic, partition, key, value, headers, invocation: its, run, ackMs, server };
  });
}
