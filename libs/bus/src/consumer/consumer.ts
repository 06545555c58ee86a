import { BusError } from '../errors.js';
import { Directory } from '../cluster/directory.js';
import { Links } from '../cluster/links.js';
import { logOf } from '../kafkajs/client.js';
import { isBrokerAway, toBusError } from '../kafkajs/error-mapping.js';
import { sleep } from '../limits.js';
import type {
  BusConfig,
  BusConsumer,
  BusConsumerOptions,
  BusConsumerState,
  TopicPartition,
} from '../port.js';
import type { WorkInHand } from './lanes.js';
import { Session } from './session.js';
import { consumerSettings } from './settings.js';
import type { ConsumerSettings } from './settings.js';

const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 1_000;
const MAX_PROBE_MS = 250;

/**
 * Supervises a group member: kafkajs consumers can die, or fall silent, while the process lives on. A member that
 * fails is replaced by a new one; brokers that are away are waited for; one that fails for other reasons again and
 * again is given up.
 */
export class KafkaConsumer implements BusConsumer {
  private readonly settings: ConsumerSettings;
  private readonly inHand: WorkInHand = new Map();
  private readonly stopping = new AbortController();
  private readonly stopAsked: Promise<undefined>;
  private session: Session | undefined;
  /** What the group knows this consumer by, over all its sessions. */
  private memberId: string | null = null;
  private supervision: Promise<void> | undefined;
  private current: BusConsumerState = 'stopped';
  private settleStart: (failure?: BusError) => void = () => undefined;

  constructor(
    private readonly config: BusConfig,
    options: BusConsumerOptions,
  ) {
    this.settings = consumerSettings(options, logOf(config));
    this.stopAsked = new Promise((resolve) => {
      this.stopping.signal.addEventListener('abort', () => {
        resolve(undefined);
      });
    });
  }

  get state(): BusConsumerState {
    return this.current;
  }

  get assigned(): readonly TopicPartition[] {
    return this.session?.assigned ?? [];
  }

  start(): Promise<void> {
    if (this.supervision !== undefined) {
      return Promise.reject(new BusError('closed', 'a consumer is started once', { retriable: false }));
    }
    const started = new Promise<void>((resolve, reject) => {
      this.settleStart = (failure) => {
        if (failure === undefined) resolve();
        else reject(failure);
      };
    });
    this.change('starting');
    this.supervision = this.supervise();
    return started;
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    const { session } = this;
    await session?.stop();
    await this.supervision;
    if (this.current !== 'failed') this.change('stopped');
    this.settleStart(new BusError('closed', 'the consumer was stopped', { retriable: false }));
  }

  seek(topic: string, partition: number, offset: bigint): void {
    this.session?.seek({ topic, partition }, offset);
  }

  private get stopped(): boolean {
    return this.stopping.signal.aborted;
  }

  private async supervise(): Promise<void> {
    let failures = 0;
    for (let pauseMs = FIRST_PAUSE_MS; !this.stopped; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      const partitions = await this.brokersReady();
      if (this.stopped) return;
      const { reason, fetchedForMs } = await this.live(partitions);
      if (this.stopped || reason === undefined) return;
      if (fetchedForMs >= this.settings.silenceMs) failures = 0;
      if (fetchedForMs > 0) pauseMs = FIRST_PAUSE_MS;
      if (!isBrokerAway(reason)) failures += 1;
      if (failures > this.settings.maxRebuilds) {
        this.giveUp(reason);
        return;
      }
      logOf(this.config)('warn', 'consumer is rebuilt', {
        group: this.settings.group,
        reason: reason.message,
        failures,
      });
      this.change('rebuilding', reason);
      await sleep(pauseMs, this.stopping.signal);
    }
  }

  /** Waits for brokers that answer and lead every partition; gives the number of partitions to be read. */
  private async brokersReady(): Promise<number> {
    const { topics } = this.settings;
    let told = false;
    for (let pauseMs = FIRST_PAUSE_MS; !this.stopped; pauseMs = Math.min(pauseMs * 2, MAX_PROBE_MS)) {
      const links = new Links(this.config);
      try {
        const layouts = await new Directory(links).layouts(topics);
        const leaders = [...layouts.values()].flatMap((found) => ('leaders' in found ? found.leaders : []));
        if (leaders.every((leader) => leader >= 0)) return leaders.length;
        throw noLeader(topics);
      } catch (error) {
        if (!told) this.report(error);
        told = true;
      } finally {
        links.close();
      }
      await sleep(pauseMs, this.stopping.signal);
    }
    return 0;
  }

  private report(error: unknown): void {
    const failure = toBusError(error);
    logOf(this.config)('warn', 'no broker answers', { group: this.settings.group, reason: failure.message });
    if (this.current !== 'starting') this.change('rebuilding', failure);
  }

  private async live(partitions: number): Promise<{ reason: BusError | undefined; fetchedForMs: number }> {
    const events = {
      running: () => {
        if (this.session === session && !this.stopped) this.change('running');
      },
      joined: () => {
        this.settleStart();
      },
    };
    const session = new Session(this.config, this.settings, events, {
      inHand: this.inHand,
      partitionCount: partitions,
      memberId: this.memberId,
    });
    this.session = session;
    void session.start();
    const reason = await Promise.race([session.failure, this.stopAsked]);
    const { fetchedForMs } = session;
    if (reason === undefined) await session.stop();
    else session.abandon();
    this.memberId = session.memberId;
    this.session = undefined;
    return { reason, fetchedForMs };
  }

  private giveUp(reason: BusError): void {
    const text = `the consumer of ${this.settings.group} failed again and again: ${reason.message}`;
    const failure = new BusError('consumer_failed', text, { retriable: false, cause: reason });
    this.change('failed', failure);
    this.settleStart(failure);
    this.settings.onFailed(failure);
  }

  private change(state: BusConsumerState, reason?: BusError): void {
    if (this.current === state) return;
    this.current = state;
    this.settings.onState(state, reason);
  }
}

const noLeader = (topics: readonly string[]): BusError =>
  new BusError('not_leader', `partitions of ${topics.join(', ')} have no leader`, { retriable: true });
