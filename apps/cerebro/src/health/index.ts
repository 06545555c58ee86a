export { HealthModule } from './health.module.js';
export { PrometheusMetrics } from './prometheus-metrics.js';
