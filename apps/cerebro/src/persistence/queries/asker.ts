import { QueryFailedError, type DataSource } from 'typeorm';
import { InvalidCursor } from '../../coordination/ports/index.js';
import { storeErrorOf } from '../sql/errors.js';

export type Asker = <T>(question: (source: DataSource) => Promise<T>) => Promise<T>;

/**
 * Asks, and says what went wrong in the ports' words.
 * @param connected connects with the first question, and again after a failure to
 */
export const askerOf =
  (connected: () => Promise<DataSource>): Asker =>
  async (question) => {
    try {
      return await question(await connected());
    } catch (error) {
      if (error instanceof InvalidCursor) throw error;
      throw storeErrorOf(error instanceof QueryFailedError ? error.driverError : error);
    }
  };
