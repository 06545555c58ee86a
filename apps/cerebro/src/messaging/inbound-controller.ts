import { Controller, Inject } from '@nestjs/common';
import type { BusConsumer } from '@cordyna/bus';
import { BusHandler, type CordynaKafkaServer, type DecodedBatch } from '@cordyna/bus/nest';
import { InboundHandler, type DecodedInbound } from './inbound-handler.js';

export const INBOUND_TRANSPORT = Symbol('INBOUND_TRANSPORT');
export type InboundTransport = CordynaKafkaServer<DecodedInbound>;

/** The topics that a coordinator reads: batches of all of them go through the one door. */
@Controller()
export class InboundController {
  constructor(
    @Inject(InboundHandler) private readonly handler: InboundHandler,
    @Inject(INBOUND_TRANSPORT) private readonly transport: InboundTransport,
  ) {}

  @BusHandler('declarations')
  declarations(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    return this.take(batch);
  }

  @BusHandler('servers')
  servers(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    return this.take(batch);
  }

  @BusHandler('events')
  events(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    return this.take(batch);
  }

  @BusHandler('invocations')
  invocations(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    return this.take(batch);
  }

  @BusHandler('signals')
  signals(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    return this.take(batch);
  }

  private take(batch: DecodedBatch<DecodedInbound>): Promise<void> {
    const { topic, partition } = batch;
    return this.handler.handle(batch, (offset) =>
      this.transport.unwrap<BusConsumer | undefined>()?.seek(topic, partition, offset),
    );
  }
}
