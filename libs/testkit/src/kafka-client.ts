import { Kafka, logLevel } from 'kafkajs';

/**
 * A client apart from libs/bus, so that what the product wrote is looked at by somebody else. Logs nothing: what fails
 * rejects.
 */
export const kafkaClient = (brokers: readonly string[]): Kafka =>
  new Kafka({
    clientId: 'testkit',
    brokers: [...brokers],
    logLevel: logLevel.NOTHING,
    retry: { initialRetryTime: 50, retries: 8 },
  });
