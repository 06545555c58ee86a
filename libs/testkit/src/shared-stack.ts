import { atEndOfFile } from './closers.js';
import { sharedStackAddress } from './config.js';
import { temporaryDirectory } from './paths.js';
import { startTestKafka, startTestPostgres } from './test-stack.js';

let ownKafka: Promise<readonly string[]> | undefined;
let ownPostgres: Promise<string> | undefined;

async function startOwnKafka(): Promise<readonly string[]> {
  const kafka = await startTestKafka(await temporaryDirectory('kafka'));
  atEndOfFile('Kafka', () => kafka.stop());
  return kafka.brokers;
}

async function startOwnPostgres(): Promise<string> {
  const postgres = await startTestPostgres(await temporaryDirectory('postgres'));
  atEndOfFile('PostgreSQL', () => postgres.stop());
  return postgres.url;
}

/** The run's Kafka; without one (jest started on its own) this file's. */
export const sharedBrokers = (): Promise<readonly string[]> => {
  const address = sharedStackAddress();
  return address ? Promise.resolve(address.brokers) : (ownKafka ??= startOwnKafka());
};

/** The run's PostgreSQL; without one this file's. */
export const sharedDatabaseUrl = (): Promise<string> => {
  const address = sharedStackAddress();
  return address ? Promise.resolve(address.databaseUrl) : (ownPostgres ??= startOwnPostgres());
};
