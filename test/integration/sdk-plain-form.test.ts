import { describe } from '@jest/globals';
import { commandsContract } from './sdk/contract-commands.js';
import { drainContract } from './sdk/contract-drain.js';
import { handlersContract } from './sdk/contract-handlers.js';
import { startContract } from './sdk/contract-start.js';
import { startPlain } from './sdk/forms.js';

describe('a task server in plain form', () => {
  startContract(startPlain);
  commandsContract(startPlain);
  handlersContract(startPlain);
  drainContract(startPlain);
});
