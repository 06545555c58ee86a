import { DeadLetterEntity } from './dead-letter.entity.js';
import { DefinitionEntity } from './definition.entity.js';
import { HistoryEntity } from './history.entity.js';
import { InstanceEntity } from './instance.entity.js';
import { RunEntity } from './run.entity.js';
import { ScheduleFiringEntity } from './schedule-firing.entity.js';
import { ServerEntity } from './server.entity.js';
import { TaskProgressEntity } from './task-progress.entity.js';

export {
  DeadLetterEntity,
  DefinitionEntity,
  HistoryEntity,
  InstanceEntity,
  RunEntity,
  ScheduleFiringEntity,
  ServerEntity,
  TaskProgressEntity,
};

/** What the API reads. The hot path writes these tables without them; no globs, they do not survive bundling. */
export const ENTITIES = [
  DeadLetterEntity,
  DefinitionEntity,
  HistoryEntity,
  InstanceEntity,
  RunEntity,
  ScheduleFiringEntity,
  ServerEntity,
  TaskProgressEntity,
];
