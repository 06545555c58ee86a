import { Initial1763600000000 } from './1763600000000-initial.js';
import { RetentionAndFailures1763712000000 } from './1763712000000-retention-and-failures.js';

/** Append only: a migration that was released is never edited. No globs, they do not survive bundling. */
export const MIGRATIONS = [Initial1763600000000, RetentionAndFailures1763712000000];
