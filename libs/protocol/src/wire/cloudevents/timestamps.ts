const RFC_3339 =
  /^\d{4}-\d\d-\d\d[Tt](?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d(?:\.\d{1,9})?(?:[Zz]|[+-](?:[01]\d|2[0-3]):[0-5]\d)$/;
/** So many has every month. */
const SURE_DAYS = 28;

/**
 * RFC 3339, section 5.6, as JavaScript and PostgreSQL both read it: a day that exists, from year 1 on, at most nine
 * digits of a second, no leap second.
 */
export function isTimestamp(text: string): boolean {
  // Each message has one or two of them: what matches is not taken out in pieces.
  if (!RFC_3339.test(text)) return false;
  const [month, day] = [twoDigits(text, 5), twoDigits(text, 8)];
  if (month < 1 || month > 12 || day < 1 || text.startsWith('0000')) return false;
  return day <= SURE_DAYS || day <= daysIn(Number(text.slice(0, 4)), month);
}

const ZERO = 0x30;
const twoDigits = (text: string, at: number): number =>
  (text.charCodeAt(at) - ZERO) * 10 + text.charCodeAt(at + 1) - ZERO;

function daysIn(year: number, month: number): number {
  if (month === 2) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return [4, 6, 9, 11].includes(month) ? 30 : 31;
}
