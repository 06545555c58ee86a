import { internals } from '../kafkajs/internals.js';

/**
 * kafkajs gives up for good when no broker names the group's coordinator, which a broker that starts slowly
 * does not for a while (tulios/kafkajs 1466, 1712).
 */
export function patchCoordinatorNotFound(): void {
  const errorClass = internals.errors['KafkaJSGroupCoordinatorNotFound'];
  if (errorClass === undefined) throw new Error('kafkajs has no KafkaJSGroupCoordinatorNotFound');
  Object.defineProperty(errorClass.prototype, 'retriable', {
    configurable: true,
    get: () => true,
    // The base class's constructor assigns false.
    set: () => undefined,
  });
}
