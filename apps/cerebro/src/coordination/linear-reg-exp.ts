import { RE2JS } from 're2js';

/**
 * Patterns of schemas come from many teams and are applied to what others send: they run in linear time (RE2), whatever
 * the pattern and the text, because one that backtracks could hold up all runs for ever.
 * @throws Error for a pattern that RE2 lacks: look-around, back references, repetitions beyond 1,000
 */
export function linearRegExp(pattern: string, flags: string): { test(text: string): boolean } {
  try {
    return RE2JS.compile(RE2JS.translateRegExp(pattern), flags.includes('i') ? RE2JS.CASE_INSENSITIVE : 0);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(
      `pattern "${pattern}": ${why}; patterns are RE2, which has no look-around and no back references`,
      { cause: error },
    );
  }
}
/** How Ajv names it in code that it writes out, which is never asked for here. */
linearRegExp.code = 'linearRegExp';
