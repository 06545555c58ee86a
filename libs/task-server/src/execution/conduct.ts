import type { InvokeCommand } from '@cordyna/protocol/model';

/** `ignore`: as if the command had never come. `hold`: acknowledge it, and never begin it. */
export type Conduct = 'run' | 'ignore' | 'hold';
export type ConductOf = (command: InvokeCommand) => Conduct;

const conducts = new WeakMap<object, ConductOf>();

/** For tests of what watches task servers; see the package's `/testing`. */
export const setConduct = (server: object, conduct: ConductOf): void => void conducts.set(server, conduct);

const obey: ConductOf = () => 'run';
export const conductOf = (server: object): ConductOf => conducts.get(server) ?? obey;
