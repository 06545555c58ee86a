export { ConfigError } from './config-error.js';
export { LOG_LEVELS, type LogLevel } from './environment.js';
export { loadConfig, VARIABLES, type CerebroConfig } from './load-config.js';
export { isLoopback } from './rules.js';
export { Secret } from './secret.js';
