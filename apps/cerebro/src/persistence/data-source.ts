import pg from 'pg';
import { DataSource } from 'typeorm';
import { ENTITIES } from './entities/index.js';
import { MIGRATIONS } from './migrations/index.js';

export interface DataSourceSettings {
  readonly url: string;
  readonly applicationName: string;
  readonly poolSize: number;
  /** Of one statement; null for migrations, which take as long as they take. */
  readonly statementMs: number | null;
  readonly onError: (error: Error) => void;
  /** Default: all. None for migrations, which know tables only. */
  readonly entities?: typeof ENTITIES;
}

/** TypeORM's side of the database: migrations, and what the API reads. */
export const dataSourceOf = (settings: DataSourceSettings): DataSource =>
  new DataSource({
    type: 'postgres',
    driver: pg,
    nativeDriver: false,
    url: settings.url,
    applicationName: settings.applicationName,
    poolSize: settings.poolSize,
    connectTimeoutMS: 3_000,
    entities: settings.entities ?? ENTITIES,
    migrations: MIGRATIONS,
    migrationsTableName: 'schema_migrations',
    migrationsTransactionMode: 'all',
    synchronize: false,
    installExtensions: false,
    poolErrorHandler: settings.onError,
    extra: {
      keepAlive: true,
      ...(settings.statementMs === null
        ? {}
        : { statement_timeout: settings.statementMs, query_timeout: settings.statementMs + 3_000 }),
    },
  });
