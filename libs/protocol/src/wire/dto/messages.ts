import { EventType } from '../../model/index.js';
import { TaskCancelDto, TaskInvokeDto } from './commands.dto.js';
import type { DtoClass } from './constraints.js';
import {
  RunCreatedDto,
  RunFinishedDto,
  TaskBlockedDto,
  TaskCancelledDto,
  TaskInvokedDto,
  TaskSkippedDto,
} from './facts.dto.js';
import { RunRequestDto } from './run-request.dto.js';
import { ServerDeclaredDto } from './server-declaration.dto.js';
import { ServerAcceptedDto, ServerHeartbeatDto, ServerRejectedDto } from './server-state.dto.js';
import {
  TaskCompletedDto,
  TaskErrorUpdateDto,
  TaskLogDto,
  TaskProgressDto,
  TaskQueuedDto,
  TaskStartedDto,
} from './updates.dto.js';

/** The class that says what the data of each message type is. */
export const MESSAGES: Readonly<Record<EventType, DtoClass>> = {
  [EventType.serverDeclared]: ServerDeclaredDto,
  [EventType.serverAccepted]: ServerAcceptedDto,
  [EventType.serverRejected]: ServerRejectedDto,
  [EventType.serverHeartbeat]: ServerHeartbeatDto,
  [EventType.taskInvoke]: TaskInvokeDto,
  [EventType.taskCancel]: TaskCancelDto,
  [EventType.taskQueued]: TaskQueuedDto,
  [EventType.taskStarted]: TaskStartedDto,
  [EventType.taskProgress]: TaskProgressDto,
  [EventType.taskLog]: TaskLogDto,
  [EventType.taskCompleted]: TaskCompletedDto,
  [EventType.taskError]: TaskErrorUpdateDto,
  [EventType.taskInvoked]: TaskInvokedDto,
  [EventType.taskBlocked]: TaskBlockedDto,
  [EventType.taskSkipped]: TaskSkippedDto,
  [EventType.taskCancelled]: TaskCancelledDto,
  [EventType.runRequested]: RunRequestDto,
  [EventType.runCreated]: RunCreatedDto,
  [EventType.runFinished]: RunFinishedDto,
};
