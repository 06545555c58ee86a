import { BaseRpcContext, Server } from '@nestjs/microservices';
import type { CustomTransportStrategy, MessageHandler } from '@nestjs/microservices';
import { lastValueFrom } from 'rxjs';
import { BusError } from '../errors.js';
import type { Bus, BusBatch, BusConsumer, BusConsumerOptions, BusConsumerState } from '../port.js';
import { CORDYNA_KAFKA } from './bus-handler.js';
import { decodeBatch } from './decoded-batch.js';
import type { Decode } from './decoded-batch.js';

export interface CordynaKafkaOptions<D extends { readonly ok: boolean }> {
  readonly bus: Bus;
  /** Topic by kind: `{ events: 'cordyna.events', … }`; each kind needs exactly one `@BusHandler(kind)`. */
  readonly topics: Readonly<Record<string, string>>;
  readonly decode: Decode<D>;
  /** As for `bus.consumer`; batches go to the handlers. */
  readonly consumer: Omit<BusConsumerOptions, 'topics' | 'onBatch'>;
}

type Events = Record<string, (...args: unknown[]) => void>;

/** A Nest transport that hands whole batches to handlers and moves on when they are done. */
export class CordynaKafkaServer<D extends { readonly ok: boolean }>
  extends Server<Events, BusConsumerState>
  implements CustomTransportStrategy
{
  override readonly transportId = CORDYNA_KAFKA;
  override readonly propagatesEventHandlerErrors = true;
  private readonly kinds: ReadonlyMap<string, string>;
  private consumer: BusConsumer | undefined;

  constructor(private readonly options: CordynaKafkaOptions<D>) {
    super();
    this.kinds = new Map(Object.entries(options.topics).map(([kind, topic]) => [topic, kind]));
  }

  /** Calls back as soon as the consumer runs or tries to: an outage at start is waited out, not an error. */
  listen(callback: (error?: unknown) => void): void {
    const missing = [...this.kinds.values()].filter((kind) => !this.messageHandlers.has(kind));
    if (missing.length > 0) {
      const text = `no @BusHandler for ${missing.join(', ')}`;
      callback(new BusError('invalid_config', text, { retriable: false }));
      return;
    }
    const { consumer } = this.options;
    this.consumer = this.options.bus.consumer({
      ...consumer,
      topics: [...this.kinds.keys()],
      onBatch: (batch) => this.dispatch(batch),
      onState: (state, reason) => {
        this._status$.next(state);
        consumer.onState?.(state, reason);
      },
    });
    // A consumer that gives up says so by onFailed; one that is stopped before it ran is no failure.
    this.consumer.start().catch(() => undefined);
    callback();
  }

  async close(): Promise<void> {
    await this.consumer?.stop();
  }

  on(): never {
    throw new BusError('invalid_config', 'use `status` and the consumer options', { retriable: false });
  }

  unwrap<T>(): T {
    // Nest's contract lets the caller say what it expects.
    return this.consumer as T;
  }

  private async dispatch(batch: BusBatch): Promise<void> {
    const kind = this.kinds.get(batch.topic) ?? '';
    const handler = this.messageHandlers.get(kind);
    if (handler === undefined) {
      throw new BusError('invalid_config', `no handler for ${batch.topic}`, { retriable: false });
    }
    const decoded = decodeBatch(kind, batch, this.options.decode);
    const context = new BaseRpcContext([{ topic: batch.topic, partition: batch.partition }]);
    await this.runHandler(handler, decoded, context);
  }

  private runHandler(handler: MessageHandler, data: unknown, context: BaseRpcContext): Promise<void> {
    return new Promise((resolve, reject) => {
      const run = async (): Promise<void> => {
        const stream = this.transformToObservable(await handler(data, context));
        await lastValueFrom(stream, { defaultValue: undefined });
      };
      this.onProcessingStartHook(CORDYNA_KAFKA, context, () =>
        run()
          .then(resolve, (error: unknown) => {
            reject(
              error instanceof Error
                ? error
                : new BusError('handler_failed', describe(error), { retriable: true }),
            );
          })
          .finally(() => this.onProcessingEndHook?.(CORDYNA_KAFKA, context)),
      );
    });
  }
}

/** Nest's exception filters turn errors into plain objects. */
function describe(error: unknown): string {
  if (typeof error === 'object' && error !== null && 'message' in error) return String(error.message);
  return String(error);
}
