import { instrument } from '@cordyna/task-server/testing';
import { readConfig } from './config.js';
import { createServerA } from './tasks.js';

const { runtime, instruments } = readConfig();
await instrument(createServerA(runtime), instruments).start();
