import type { Bus, BusRecord } from '@cordyna/bus';
import type { Topics } from '@cordyna/protocol/wire';

const READ_MS = 60_000;
const FINISHED = Buffer.from('"cordyna.run.finished.v1"');
const INVOKED = Buffer.from('"cordyna.task.invoked.v1"');

export type LogPosition = ReadonlyMap<number, bigint>;

/**
 * `cordyna.events` after the fact. The broker stamps each record when it appends it, so that nobody has to read along
 * (and take CPU time from what is measured) to know when a run ended.
 */
export class EventLog {
  private readonly topic: string;

  constructor(
    private readonly bus: Bus,
    private readonly topics: Pick<Topics, 'events' | 'commands'>,
  ) {
    this.topic = topics.events;
  }

  end(): Promise<LogPosition> {
    return this.bus.admin().endOffsets(this.topic);
  }

  /** run → epoch ms at which its end was appended, for the runs that ended between the position and now. */
  finishedSince(from: LogPosition): Promise<Map<string, number>> {
    return this.lastOf(FINISHED, from);
  }

  /** run → epoch ms at which the last of its tasks was invoked. */
  invokedSince(from: LogPosition): Promise<Map<string, number>> {
    return this.lastOf(INVOKED, from);
  }

  private async lastOf(type: Buffer, from: LogPosition): Promise<Map<string, number>> {
    const last = new Map<string, number>();
    await this.read(this.topic, from, ({ key, value, timestampMs }) => {
      if (key && value?.includes(type)) last.set(key.toString(), timestampMs);
    });
    return last;
  }

  /** Bytes of key, value and headers of the median message: invokes to a server, completions from it. */
  async sizes(server: string, from: LogPosition): Promise<{ invoke: number; completed: number }> {
    const invokes: number[] = [];
    const completions: number[] = [];
    const commands = this.topics.commands(server);
    await this.read(commands, await this.bus.admin().beginningOffsets(commands), (record) =>
      invokes.push(sizeOf(record)),
    );
    await this.read(this.topic, from, (record) => {
      if (record.value?.includes('"cordyna.task.completed.v1"')) completions.push(sizeOf(record));
    });
    return { invoke: middle(invokes), completed: middle(completions) };
  }

  private async read(topic: string, from: LogPosition, take: (record: BusRecord) => void): Promise<void> {
    const ends = await this.bus.admin().endOffsets(topic);
    await Promise.all(
      [...ends].map(async ([partition, end]) => {
        const begin = from.get(partition) ?? 0n;
        if (begin >= end) return;
        for await (const record of this.bus.readRange(topic, partition, begin, end, READ_MS)) take(record);
      }),
    );
  }
}

function sizeOf({ value, headers }: BusRecord): number {
  const ofHeaders = Object.entries(headers).map(([name, header]) => name.length + (header?.length ?? 0));
  return (value?.length ?? 0) + ofHeaders.reduce((sum, bytes) => sum + bytes, 0);
}

const middle = (values: readonly number[]): number =>
  [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
