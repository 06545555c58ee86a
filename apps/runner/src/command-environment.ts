/** What programs need to run at all. Anything else could be a secret of the runner: who wants it names it. */
const NEEDED = ['PATH', 'HOME', 'USER', 'LANG', 'LC_ALL', 'LC_CTYPE', 'TZ', 'TMPDIR'];

/** The part of the runner's environment that commands are started with. */
export function commandEnvironment(
  variables: Readonly<Record<string, string | undefined>>,
  inherited: readonly string[],
): Record<string, string> {
  const found = [...NEEDED, ...inherited].map((name) => [name, variables[name]] as const);
  return Object.fromEntries(found.filter((pair): pair is [string, string] => pair[1] !== undefined));
}
