import { instrument } from '../instrument.js';
import { readGenericServerConfig } from './generic-server.config.js';
import { genericServer } from './generic-server.js';

const { declaration, behaviours, runtime, instruments } = readGenericServerConfig();
// Not awaited at the top, so that it can be made one file of any kind; what it rejects with ends the process all the same.
void instrument(genericServer(declaration, behaviours, runtime), instruments).start();
