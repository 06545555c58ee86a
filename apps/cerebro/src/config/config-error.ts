/** The environment cannot be worked with. Not retriable: somebody has to change a variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly code = 'config_invalid';
  readonly retriable = false;

  /** @param problems one sentence per variable; none quotes a secret */
  constructor(readonly problems: readonly string[]) {
    super(
      `The configuration has ${problems.length} error(s):\n${problems.map((it) => `- ${it}`).join('\n')}`,
    );
  }
}
