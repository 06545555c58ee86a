import { instrument } from '../instrument.js';
import { readGenericServerConfig } from './generic-server.config.js';
import { genericServer } from './generic-server.js';

const { declaration, behaviours, runtime, instruments } = readGenericServerConfig();
await instrument(genericServer(declaration, behaviours, runtime), instruments).start();
