import 'reflect-metadata';

export * from './commands.dto.js';
export * from './facts.dto.js';
export * from './messages.js';
export * from './run-request.dto.js';
export * from './server-declaration.dto.js';
export * from './server-state.dto.js';
export * from './updates.dto.js';
export * from './validate-dto.js';
