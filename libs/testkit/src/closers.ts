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
