export { checkArgs } from './check-request.js';
export { declare } from './declare.js';
export { graphOf } from './graph-of.js';
export { planJob } from './plan-job.js';
export { planTask } from './plan-task.js';
export { jobBodyErrors } from './check-job-body.js';
export { emptyRegistry, registryOf, withDefinitions, withdraw } from './registry.js';
export type { Withdrawal } from './registry.js';
