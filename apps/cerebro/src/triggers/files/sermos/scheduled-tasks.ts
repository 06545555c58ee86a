import { isJsonObject, type JsonObject } from '@cordyna/protocol/model';
import { noteQueue } from './pipelines.js';
import type { SermosReader, Tokens } from './sermos-reader.js';

const PERIODS_MS: Readonly<Record<string, number>> = {
  microseconds: 0.001,
  seconds: 1_000,
  minutes: 60_000,
  hours: 3_600_000,
  days: 86_400_000,
};
/** In the order of a cron pattern. */
const CRONTAB = ['minute', 'hour', 'dayOfMonth', 'monthOfYear', 'dayOfWeek'] as const;

/** A scheduled task as the body of a schedule; null, with notes, when it cannot be mapped or is not enabled. */
export function scheduleOf(scheduled: JsonObject, reader: SermosReader, at: Tokens): JsonObject | null {
  reader.onlyKnown(scheduled, ['name', 'enabled', 'config'], at);
  const { config, enabled, name } = scheduled;
  const isEnabled = reader.flag(enabled, true, [...at, 'enabled']);
  if (isEnabled === false) reader.note('dropped', at, 'is not enabled');
  if (isEnabled !== true) return null;
  const inConfig = [...at, 'config'];
  if (!isJsonObject(config)) {
    reader.note('dropped', inConfig, 'is missing');
    return null;
  }
  reader.onlyKnown(config, ['scheduleType', 'schedule', 'task', 'queue'], inConfig);
  if (config.queue !== undefined) noteQueue(reader, [...inConfig, 'queue']);
  const task = reader.task(config.task, [...inConfig, 'task']);
  const timing = timingOf(config, reader, inConfig);
  if (task === null || timing === null) return null;
  const text = name === undefined ? null : reader.text(name, [...at, 'name']);
  return { ...(text === null ? {} : { description: text }), task, scope: 'task', ...timing };
}

function timingOf(config: JsonObject, reader: SermosReader, at: Tokens): JsonObject | null {
  const { schedule } = config;
  const inSchedule = [...at, 'schedule'];
  const kind = reader.text(config.scheduleType, [...at, 'scheduleType']);
  if (kind === null) return null;
  if (!isJsonObject(schedule)) {
    reader.note('dropped', inSchedule, 'is missing');
    return null;
  }
  if (kind === 'interval') return interval(schedule, reader, inSchedule);
  if (kind === 'crontab') return crontab(schedule, reader, inSchedule);
  reader.note('dropped', [...at, 'scheduleType'], `${kind} is unknown: it must be interval or crontab`);
  return null;
}

function interval(schedule: JsonObject, reader: SermosReader, at: Tokens): JsonObject | null {
  reader.onlyKnown(schedule, ['every', 'period'], at);
  const every = reader.whole(schedule.every, 1, [...at, 'every']);
  const period = reader.text(schedule.period, [...at, 'period']);
  if (every === null || period === null) return null;
  const unitMs = Object.hasOwn(PERIODS_MS, period) ? PERIODS_MS[period] : undefined;
  if (unitMs === undefined) {
    reader.note('dropped', [...at, 'period'], `must be one of: ${Object.keys(PERIODS_MS).join(', ')}`);
    return null;
  }
  const everyMs = period === 'microseconds' ? every / 1_000 : every * unitMs;
  if (Number.isSafeInteger(everyMs) && everyMs >= 1) return { everyMs };
  reader.note('dropped', at, 'is no whole number of milliseconds');
  return null;
}

/** Celery's own default of a field is `*`. */
function crontab(schedule: JsonObject, reader: SermosReader, at: Tokens): JsonObject | null {
  reader.onlyKnown(schedule, CRONTAB, at);
  const fields = CRONTAB.map((field) =>
    schedule[field] === undefined ? '*' : reader.text(schedule[field], [...at, field])?.replaceAll(/\s/g, ''),
  );
  const [minute, hour, day, month, weekday] = fields;
  if (!minute || !hour || !day || !month || !weekday) return null;
  // Celery wants both days to fit where cron takes either: `+` says so (croner, AND logic).
  const and = day === '*' || weekday === '*' ? '' : '+';
  return { cron: `${minute} ${hour} ${day} ${month} ${and}${weekday}` };
}
