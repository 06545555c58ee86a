/** `850 ms`, `12.3 s`, `4 min 5 s`, `2 h 3 min` */
export function duration(ms: number): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1_000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1_000);
  if (seconds < 3_600) return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}

/** From one RFC 3339 time to another, or to `now`; empty when it has not begun. */
export function between(
  from: string | null | undefined,
  to: string | null | undefined,
  now = Date.now(),
): string {
  if (!from) return '';
  return duration(Math.max(0, (to ? Date.parse(to) : now) - Date.parse(from)));
}

/** `2026-11-21 10:00:10`, UTC */
export const moment = (time: string): string => new Date(time).toISOString().slice(0, 19).replace('T', ' ');
