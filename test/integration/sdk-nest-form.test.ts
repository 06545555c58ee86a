import { describe } from '@jest/globals';
import { commandsContract } from './sdk/contract-commands.js';
import { drainContract } from './sdk/contract-drain.js';
import { handlersContract } from './sdk/contract-handlers.js';
import { startContract } from './sdk/contract-start.js';
import { startNest } from './sdk/forms.js';

describe('a task server in Nest form', () => {
  startContract(startNest);
  commandsContract(startNest);
  handlersContract(startNest);
  drainContract(startNest);
});
