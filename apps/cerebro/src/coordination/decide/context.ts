import { createHash } from 'node:crypto';
import { v5 as uuidv5 } from 'uuid';
import type { Freshness, Origin, RunAge, World } from '@cordyna/engine';
import { serverOf, type JsonObject, type JsonValue, type Timeouts } from '@cordyna/protocol/model';
import type { Capacity } from '../capacity.js';
import type { DatabaseClock } from '../database-clock.js';
import type { Where } from '../inbound.js';
import type { JsonSchemas } from '../json-schema.js';
import type { Leases } from '../leases.js';
import type { Envelope, OutboundBus } from '../ports/index.js';
import type { WorkingSet } from '../working-set.js';
import { invocationId } from './invocation-id.js';

/** What the deciders need besides the batch's working set. */
export interface Tools {
  readonly clock: DatabaseClock;
  readonly leases: Leases;
  readonly schemas: JsonSchemas;
  readonly capacity: Capacity;
  readonly bus: OutboundBus;
  readonly envelope: Envelope;
  /** `/cerebro/<instance>` */
  readonly source: string;
  /** Of tasks that declare none. */
  readonly defaultTimeouts: Timeouts;
  /** How many invocations one decision begins; absent: 80, and 250 when it goes on with what others have left. */
  readonly portion?: number;
  /** Of rules that say nothing else; absent: 600. */
  readonly firingsPerMinute?: number;
}

/** With their commit a few milliseconds, in which nothing else is decided. */
const PORTION = 250;
/** Servers are at work while the second is decided, which a larger first one would let them wait for. */
const FIRST_PORTION = 80;

const jitter = (invocation: string): number =>
  createHash('sha256').update(invocation).digest().readUInt32BE(0) / 2 ** 32;

/** Ids of further runs that one input makes: the same when it is decided again. */
export const furtherRun = (newRun: string, count: number): string => uuidv5(`run ${count}`, newRun);

/** A class, and not an object with six closures: there is one for every input. */
class BatchWorld implements World {
  readonly invocationId = invocationId;
  readonly jitter = jitter;
  readonly portion: number;

  constructor(
    private readonly work: WorkingSet,
    private readonly tools: Tools,
    portion: number,
  ) {
    this.portion = tools.portion ?? portion;
  }

  // A run keeps its own copy of the graph: a task that a newer declaration leaves out is still invoked.
  declared(task: string): boolean {
    return this.work.registry().servers.has(serverOf(task));
  }

  reachable(server: string): boolean {
    return this.tools.bus.commandPartition(server, '') !== null;
  }

  capacity(server: string, asking: RunAge): number {
    return this.tools.capacity.freeFor(asking, server, this.work);
  }

  freshness(task: string): Freshness {
    return this.work.freshness(task);
  }

  validate(schema: JsonObject, value: JsonValue): readonly string[] {
    return this.tools.schemas.validate(schema, value);
  }
}

export const worldOf = (work: WorkingSet, tools: Tools): World => new BatchWorld(work, tools, FIRST_PORTION);

/** Of a decision that may go on with what an earlier one has left. */
export const worldToGoOn = (work: WorkingSet, tools: Tools): World => new BatchWorld(work, tools, PORTION);

export function originOf(source: string, at: number, where: Where | null, tools: Tools): Origin {
  const now = tools.clock.now();
  const coordinator = tools.source;
  if (!where) return { source, coordinator, at, now };
  const { topic, partition, offset } = where;
  return { source, coordinator, at, now, topic, partition, offset: offset.toString() };
}
