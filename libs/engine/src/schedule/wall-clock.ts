/** Local time as if it were UTC: epoch ms that read the same on a clock in UTC. */
export type WallMs = number;

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
type Field = 'year' | 'month' | 'day' | 'hour' | 'minute' | 'second';
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(timezone: string): Intl.DateTimeFormat {
  const known = formats.get(timezone);
  if (known) return known;
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: timezone,
    hourCycle: 'h23',
    ...{
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
      second: 'numeric',
    },
  });
  formats.set(timezone, format);
  return format;
}

export function isTimezone(name: string): boolean {
  try {
    formatOf(name);
    return true;
  } catch {
    return false;
  }
}

/** What a clock in the time zone shows at an instant (epoch ms). */
export function wallOf(instantMs: number, timezone: string): WallMs {
  const second = Math.floor(instantMs / 1_000) * 1_000;
  const parts = formatOf(timezone).formatToParts(second);
  // The format asks for each of these.
  const shown = Object.fromEntries(parts.map(({ type, value }) => [type, Number(value)])) as Record<
    Field,
    number
  >;
  const { year, month, day, hour, minute } = shown;
  return Date.UTC(year, month - 1, day, hour, minute, shown.second) + (instantMs - second);
}

export interface Instant {
  /** Epoch ms: the first time that a clock shows it; of a time that is skipped the moment of the change. */
  readonly at: number;
  /** No clock shows it: the change of the clocks skips it. */
  readonly isSkipped: boolean;
}

/** When a clock in the time zone shows this local time. */
export function instantOf(wall: WallMs, timezone: string): Instant {
  const offsetAt = (instant: number): number => wallOf(instant, timezone) - instant;
  // Of changes of the clocks at most one lies within two days.
  const before = offsetAt(wall - DAY_MS);
  const after = offsetAt(wall + DAY_MS);
  const shown = [wall - Math.max(before, after), wall - Math.min(before, after)].filter(
    (instant) => wallOf(instant, timezone) === wall,
  );
  if (shown[0] !== undefined) return { at: shown[0], isSkipped: false };
  let [low, high] = [wall - Math.max(before, after), wall - Math.min(before, after)];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle) === before) low = middle;
    else high = middle;
  }
  return { at: high, isSkipped: true };
}
