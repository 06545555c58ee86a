import { EventPattern } from '@nestjs/microservices';
import type { DecodedBatch } from './decoded-batch.js';

/** Tells Nest which handlers belong to this transport. */
export const CORDYNA_KAFKA = Symbol('CORDYNA_KAFKA');

/**
 * Marks the controller method that takes the batches of a kind of topics. It resolves when the effects are
 * committed; when it throws, the same batch is given again. Nest's own decorators type handlers of single messages.
 */
export function BusHandler(
  topicKind: string,
): <D>(
  target: object,
  key: string | symbol,
  descriptor: TypedPropertyDescriptor<(batch: DecodedBatch<D>) => Promise<void>>,
) => void {
  const mark: MethodDecorator = EventPattern<string>(topicKind, CORDYNA_KAFKA);
  return (target, key, descriptor) => {
    mark(target, key, descriptor);
  };
}
