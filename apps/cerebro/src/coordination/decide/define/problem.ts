import type { RefusalCode } from '../../inbound.js';

/** Why a change cannot be made; `path` is a JSON pointer into the request. */
export interface Problem {
  readonly code: RefusalCode;
  readonly path: string;
  readonly message: string;
}
