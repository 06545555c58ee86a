import { Module } from '@nestjs/common';
import { ProblemsController } from './problem/problems.controller.js';
import { DeadLettersController } from './routes/dead-letters.controller.js';
import { CirrusController } from './cirrus/cirrus.controller.js';
import { EventSetsController } from './routes/event-sets.controller.js';
import { FailuresController } from './routes/failures.controller.js';
import { FilesController } from './routes/files.controller.js';
import { FlowsController } from './routes/flows.controller.js';
import { GraphController } from './routes/graph.controller.js';
import { JobDefinitionsController } from './routes/job-definitions.controller.js';
import { JobsController } from './routes/jobs.controller.js';
import { HistoryController } from './routes/history.controller.js';
import { RuleStatesController } from './routes/rule-states.controller.js';
import { RulesController } from './routes/rules.controller.js';
import { RunsController } from './routes/runs.controller.js';
import { ScheduleActionsController } from './routes/schedule-actions.controller.js';
import { SchedulesController } from './routes/schedules.controller.js';
import { SignalsController } from './routes/signals.controller.js';
import { ConnectionsEnd } from './connections-end.js';
import { TaskArgsController } from './routes/task-args.controller.js';
import { StreamController } from './stream/stream.controller.js';
import { StreamHub } from './stream/stream-hub.js';

/** Needs Commands, Queries and Readiness of a global module. */
@Module({
  controllers: [
    RunsController,
    HistoryController,
    TaskArgsController,
    JobDefinitionsController,
    JobsController,
    FilesController,
    FlowsController,
    GraphController,
    ScheduleActionsController,
    SchedulesController,
    EventSetsController,
    RulesController,
    RuleStatesController,
    SignalsController,
    CirrusController,
    DeadLettersController,
    FailuresController,
    StreamController,
    ProblemsController,
  ],
  providers: [StreamHub, ConnectionsEnd],
})
export class HttpModule {}
