import { join } from 'node:path';
import {
  freePort,
  startKafka,
  startPostgres,
  type LocalKafka,
  type LocalPostgres,
} from '@cordyna/local-stack';

/** Deleted topics' files go soon, so that a long test run does not fill the disk. */
const KAFKA_SETTINGS = { 'file.delete.delay.ms': '1000' };

export const startTestKafka = async (dir: string): Promise<LocalKafka> =>
  startKafka({ dir: join(dir, 'kafka'), port: await freePort(), settings: KAFKA_SETTINGS });

export const startTestPostgres = async (dir: string): Promise<LocalPostgres> =>
  startPostgres({ dir: join(dir, 'postgres'), port: await freePort() });
