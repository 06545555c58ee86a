/** CloudEvents `type` of every message of the protocol, version 1. */
export const EventType = {
  serverDeclared: 'cordyna.server.declared.v1',
  serverAccepted: 'cordyna.server.accepted.v1',
  serverRejected: 'cordyna.server.rejected.v1',
  serverHeartbeat: 'cordyna.server.heartbeat.v1',
  taskInvoke: 'cordyna.task.invoke.v1',
  taskCancel: 'cordyna.task.cancel.v1',
  taskQueued: 'cordyna.task.queued.v1',
  taskStarted: 'cordyna.task.started.v1',
  taskProgress: 'cordyna.task.progress.v1',
  taskLog: 'cordyna.task.log.v1',
  taskCompleted: 'cordyna.task.completed.v1',
  taskError: 'cordyna.task.error.v1',
  taskInvoked: 'cordyna.task.invoked.v1',
  taskBlocked: 'cordyna.task.blocked.v1',
  taskSkipped: 'cordyna.task.skipped.v1',
  taskCancelled: 'cordyna.task.cancelled.v1',
  runRequested: 'cordyna.run.requested.v1',
  runCreated: 'cordyna.run.created.v1',
  runFinished: 'cordyna.run.finished.v1',
} as const;
export type EventType = (typeof EventType)[keyof typeof EventType];
