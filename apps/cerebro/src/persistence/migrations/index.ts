import { Initial1763600000000 } from './1763600000000-initial.js';
import { RetentionAndFailures1763712000000 } from './1763712000000-retention-and-failures.js';
import { Definitions1763720000000 } from './1763720000000-definitions.js';
import { RetriedRuns1763730000000 } from './1763730000000-retried-runs.js';
import { LiveSchedules1763740000000 } from './1763740000000-live-schedules.js';
import { Coordinators1763800000000 } from './1763800000000-coordinators.js';
import { EventsAndRules1763790000000 } from './1763790000000-events-and-rules.js';
import { PastHolders1763750000000 } from './1763750000000-past-holders.js';
import { JoinedFacts1763760000000 } from './1763760000000-joined-facts.js';
import { RunSeeds1763761000000 } from './1763761000000-run-seeds.js';
import { Notices1763765000000 } from './1763765000000-notices.js';
import { Places1763770000000 } from './1763770000000-places.js';
import { RunServers1763810000000 } from './1763810000000-run-servers.js';
import { HistoryParts1763811000000 } from './1763811000000-history-parts.js';
import { TextsAndKeys1763812000000 } from './1763812000000-texts-and-keys.js';
import { OneOutboxRow1763820000000 } from './1763820000000-one-outbox-row.js';
import { ServerLoad1763830000000 } from './1763830000000-server-load.js';
import { RunsByState1763840000000 } from './1763840000000-runs-by-state.js';
import { WatchedTaskRuns1763850000000 } from './1763850000000-watched-task-runs.js';

/** Append only: a migration that was released is never edited. No globs, they do not survive bundling. */
export const MIGRATIONS = [
  Initial1763600000000,
  RetentionAndFailures1763712000000,
  Definitions1763720000000,
  RetriedRuns1763730000000,
  LiveSchedules1763740000000,
  PastHolders1763750000000,
  JoinedFacts1763760000000,
  RunSeeds1763761000000,
  Notices1763765000000,
  Places1763770000000,
  EventsAndRules1763790000000,
  Coordinators1763800000000,
  RunServers1763810000000,
  HistoryParts1763811000000,
  TextsAndKeys1763812000000,
  OneOutboxRow1763820000000,
  ServerLoad1763830000000,
  RunsByState1763840000000,
  WatchedTaskRuns1763850000000,
];
