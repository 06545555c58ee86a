export * from './backlog-timer.js';
export * from './capacity-timer.js';
export * from './due-timer.js';
export * from './retention.js';
export * from './sweeper.js';
export * from './watchdog.js';
export * from './watermark.js';
export * from './pulse.js';
