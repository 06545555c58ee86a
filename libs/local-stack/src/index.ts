export { stackConfig, KAFKA_VERSION, type StackConfig } from './config.js';
export { StackError, STACK_ERROR_CODES, type StackErrorCode } from './errors.js';
export { startKafka, LocalKafka, type KafkaOptions } from './kafka.js';
export { brokerAnswers } from './kafka-probe.js';
export { LocalServer, type ServerPlan } from './local-server.js';
export { OwnedProcess, rotateLog, type Exit, type ProcessOptions } from './owned-process.js';
export { freePort, requireFreePort } from './ports.js';
export { startPostgres, LocalPostgres, type PostgresOptions } from './postgres.js';
export { anyAlive, processTable, processTree, sendSignal, type ProcessTable } from './process-tree.js';
