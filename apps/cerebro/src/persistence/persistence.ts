import type { DataSource } from 'typeorm';
import type {
  DefinitionQueries,
  EventQueries,
  Installation,
  Peers,
  ProgressStore,
  Queries,
  ScheduleQueries,
  RetentionStore,
  Store,
  TimerQueries,
} from '../coordination/ports/index.js';
import { dataSourceOf } from './data-source.js';
import { PgInstallation } from './installation.js';
import { PgPeers } from './peers/pg-peers.js';
import { PgProgressStore } from './progress/pg-progress-store.js';
import { TypeOrmDefinitionQueries } from './queries/typeorm-definition-queries.js';
import { TypeOrmEventQueries } from './queries/events.js';
import { TypeOrmScheduleQueries } from './queries/schedules.js';
import { TypeOrmQueries } from './queries/typeorm-queries.js';
import { PgRetentionStore } from './retention/pg-retention-store.js';
import { hotPool, sidePool } from './sql/pools.js';
import { PgStore } from './store/pg-store.js';
import { PgTimerQueries } from './timers/pg-timer-queries.js';

export interface PersistenceOptions {
  /** `postgres://…`; its `search_path`, if it sets one, says in which schema everything lives. */
  readonly url: string;
  /** As PostgreSQL shows it in `pg_stat_activity`. */
  readonly applicationName: string;
  /** Connections of the door (default 4); timers and the API have 4 more each, and firings that are held; one shows that it lives. */
  readonly poolSize?: number;
  /** How long `migrate` waits for another coordinator that is migrating (default 60 s). */
  readonly migrationWaitMs?: number;
  /** A connection that nobody was using was lost. */
  readonly onConnectionLost?: (error: Error) => void;
}

export interface Persistence {
  readonly store: Store;
  readonly timers: TimerQueries;
  readonly progress: ProgressStore;
  readonly retention: RetentionStore;
  readonly queries: Queries;
  readonly definitions: DefinitionQueries;
  readonly schedules: ScheduleQueries;
  readonly events: EventQueries;
  readonly installation: Installation;
  readonly peers: Peers;
  /** Brings the schema up to date; safe when several coordinators start at once. */
  migrate(): Promise<void>;
  /** Waits for what is under way and closes every connection. */
  close(): Promise<void>;
}

const SIDE_CONNECTIONS = 4;
/** Opened when many schedules are due at the same moment. */
const HELD_CONNECTIONS = 4;
const API_STATEMENT_MS = 5_000;

/** Connects with the first question; when that fails, the next question tries again. */
function connectLater(source: DataSource): () => Promise<DataSource> {
  let connecting: Promise<DataSource> | null = null;
  return () => {
    connecting ??= source.initialize().catch((error: unknown) => {
      connecting = null;
      throw error;
    });
    return connecting;
  };
}

/** PostgreSQL behind the ports of the coordination layer. Nothing connects before it is asked for something. */
export function createPersistence(options: PersistenceOptions): Persistence {
  const { url, applicationName, poolSize = 4, migrationWaitMs: waitMs = 60_000 } = options;
  const onError = options.onConnectionLost ?? (() => undefined);
  const hot = hotPool({ url, applicationName, size: poolSize, onError });
  const held = hotPool({ url, applicationName: `${applicationName}-held`, size: HELD_CONNECTIONS, onError });
  const side = sidePool({
    url,
    applicationName: `${applicationName}-timers`,
    size: SIDE_CONNECTIONS,
    onError,
  });
  const own = sidePool({
    ...{ url, applicationName: `${applicationName}-presence`, size: 1, onError },
    // A sign of life that PostgreSQL loses in a crash is followed by the next one.
    settings: '-c synchronous_commit=off',
  });
  const source = dataSourceOf({
    url,
    applicationName: `${applicationName}-api`,
    poolSize: SIDE_CONNECTIONS,
    statementMs: API_STATEMENT_MS,
    onError,
  });
  const connected = connectLater(source);
  const installation = new PgInstallation(side, { url, applicationName, waitMs });
  return {
    store: new PgStore(hot, held),
    timers: new PgTimerQueries(side),
    progress: new PgProgressStore(side),
    retention: new PgRetentionStore(side),
    queries: new TypeOrmQueries(connected),
    definitions: new TypeOrmDefinitionQueries(connected),
    schedules: new TypeOrmScheduleQueries(connected),
    events: new TypeOrmEventQueries(connected),
    installation,
    peers: new PgPeers(own),
    migrate: () => installation.migrate(),
    close: async () => {
      await Promise.all([hot.end(), held.end(), side.end(), own.end()]);
      if (source.isInitialized) await source.destroy();
    },
  };
}
