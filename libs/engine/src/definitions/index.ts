export { definitionId, inForce, nextVersion } from './definition.js';
export { jobOf } from './job.js';
export { startersOf } from './starters.js';
