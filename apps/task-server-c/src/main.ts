import { instrument } from '@cordyna/task-server/testing';
import { readConfig } from './config.js';
import { createServerC } from './tasks.js';

const { runtime, instruments } = readConfig();
await instrument(createServerC(runtime), instruments).start();
