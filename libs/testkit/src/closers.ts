interface Closer {
  readonly what: string;
  readonly close: () => Promise<unknown>;
  /** The whole file uses it, whoever started it. */
  readonly isShared?: boolean;
}

const KEY = Symbol.for('cordyna.testkit.closers');
const scope = globalThis as { [KEY]?: Closer[] };

/**
 * Done after the last hook of the outermost `describe` that asked for it, else of the file, in reverse order: what has
 * done its part takes no time from the rest. jest/environment.mjs finds the list under the same symbol.
 */
export function atEnd(what: string, close: () => Promise<unknown>): void {
  (scope[KEY] ??= []).push({ what, close });
}

/** Done after the file's last hook. For what is started once, by whoever needs it first. */
export function atEndOfFile(what: string, close: () => Promise<unknown>): void {
  (scope[KEY] ??= []).push({ what, close, isShared: true });
}

/** For programs that jest does not run: ends what the testkit started. Gives what could not be ended. */
export async function closeAll(): Promise<string[]> {
  const failures: string[] = [];
  for (const { what, close } of (scope[KEY] ?? []).splice(0).reverse())
    await close().catch((error: unknown) => void failures.push(`${what}: ${String(error)}`));
  return failures;
}
