const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };
const DURATION = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h|d))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d)/g;

/** Milliseconds as a number, or a text such as `'500ms'`, `'60s'`, `'5m'`, `'1h30m'`, `'1d'`. */
export type Duration = number | string;

/**
 * @returns whole milliseconds, at least 1
 * @throws RangeError that says what may be written instead
 */
export function parseDuration(duration: Duration): number {
  const text = typeof duration === 'string' ? duration.replaceAll(' ', '') : undefined;
  if (text !== undefined && !DURATION.test(text)) {
    throw new RangeError(
      `"${duration}" is no duration; write a number with ms, s, m, h or d, e.g. "500ms", "60s", "1h30m"`,
    );
  }
  const ms =
    text === undefined
      ? (duration as number)
      : [...text.matchAll(PART)].reduce((sum, [, amount, unit]) => sum + Number(amount) * UNIT_MS[unit!]!, 0);
  if (!Number.isSafeInteger(ms) || ms < 1) {
    throw new RangeError(`${JSON.stringify(duration)} is not a whole number of milliseconds from 1 on`);
  }
  return ms;
}
