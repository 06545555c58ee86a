interface Closer {
  readonly what: string;
  readonly close: () => Promise<unknown>;
}

const KEY = Symbol.for('cordyna.testkit.closers');
const scope = globalThis as { [KEY]?: Closer[] };

/** Done after the file's last hook, in reverse order; jest/environment.mjs finds the list under the same symbol. */
export function atEndOfFile(what: string, close: () => Promise<unknown>): void {
  (scope[KEY] ??= []).push({ what, close });
}

/** For programs that jest does not run: ends what the testkit started. Gives what could not be ended. */
export async function closeAll(): Promise<string[]> {
  const failures: string[] = [];
  for (const { what, close } of (scope[KEY] ?? []).splice(0).reverse())
    await close().catch((error: unknown) => void failures.push(`${what}: ${String(error)}`));
  return failures;
}
