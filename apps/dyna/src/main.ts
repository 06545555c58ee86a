#!/usr/bin/env node
import { dynaEnvironment } from './config.js';
import { runDyna } from './program.js';

// `npm start | head` closes the pipe; what runs must still be stopped in order.
process.stdout.on('error', () => undefined);
process.stderr.on('error', () => undefined);

process.exit(
  await runDyna(process.argv.slice(2), { env: dynaEnvironment(), out: process.stdout, err: process.stderr }),
);
