import type { Api } from './api/client.js';
import type { DynaConfig } from './config.js';
import type { Terminal } from './output/terminal.js';

/** What a command works with. */
export interface Context {
  readonly config: DynaConfig;
  readonly api: Api;
  readonly terminal: Terminal;
}
