import { crc32 } from 'node:zlib';
import { Logger } from '@nestjs/common';
import type { BusAdmin } from '@cordyna/bus';
import { commandsTopicSpec } from '@cordyna/protocol/wire';

export interface TopicSettings {
  readonly prefix: string;
  readonly partitions: number;
  readonly replicationFactor: number;
}

/** The command topics of all servers: made when they are missing, with as many partitions as they turn out to have. */
export class CommandTopics {
  private readonly logger = new Logger('CommandTopics');
  private readonly partitions = new Map<string, number>();
  private readonly names = new Map<string, string>();
  private readonly underWay = new Map<string, Promise<void>>();

  constructor(
    private readonly admin: BusAdmin,
    private readonly settings: TopicSettings,
  ) {}

  nameOf(server: string): string {
    let name = this.names.get(server);
    if (name === undefined) this.names.set(server, (name = this.specOf(server).name));
    return name;
  }

  /** Null while the topic is not known yet; asking makes it known soon. */
  partitionOf(server: string, invocation: string): number | null {
    const count = this.partitions.get(server);
    if (count !== undefined) return crc32(invocation) % count;
    this.ensure(server).catch(() => undefined);
    return null;
  }

  /** However many ask, one at a time tries, and says when it fails. */
  async ensure(server: string): Promise<void> {
    if (this.partitions.has(server)) return;
    const running = this.underWay.get(server) ?? this.attempt(server);
    this.underWay.set(server, running);
    await running;
  }

  private attempt(server: string): Promise<void> {
    return this.make(server)
      .catch((error: unknown) => {
        this.logger.warn(`command topic of ${server}: ${String(error)}`);
        throw error;
      })
      .finally(() => this.underWay.delete(server));
  }

  private async make(server: string): Promise<void> {
    const spec = this.specOf(server);
    await this.admin.ensureTopics([spec]);
    this.partitions.set(server, await this.admin.partitions(spec.name));
  }

  private specOf(server: string) {
    const { prefix, partitions, replicationFactor } = this.settings;
    return commandsTopicSpec(server, prefix, { partitions, replicationFactor });
  }
}
