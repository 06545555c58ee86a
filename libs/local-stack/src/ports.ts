import { createServer } from 'node:net';
import { StackError } from './errors.js';

const LOWEST = 15_000;
const HIGHEST = 32_000;

function canListen(port: number, host: string): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(true)));
  });
}

/** Who starts a server on a port takes seconds until it listens: until then nobody else sees that it is taken. */
const STRIPE = 64;
const STRIPES = Math.floor((HIGHEST - LOWEST) / STRIPE);
const stripe = LOWEST + (process.pid % STRIPES) * STRIPE;
let next = Math.floor(Math.random() * STRIPE);

/**
 * A port on 127.0.0.1 that nobody listens on, and that this process has not given out lately: each has some of its own.
 * It lies below the range from which the system takes ports of outgoing connections, so that nobody gets it while a
 * server that is to come back on it is away.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < STRIPE; tries += 1) {
    const port = stripe + (next % STRIPE);
    next += 1;
    if (await canListen(port, '127.0.0.1')) return port;
  }
  throw new StackError('port_in_use', `No free port between ${stripe} and ${stripe + STRIPE - 1} was found.`);
}

/** Throws one clear sentence when the port is taken. `variable` is the environment variable that moves it. */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  if (await canListen(port, '127.0.0.1')) return;
  throw new StackError(
    'port_in_use',
    `Port ${port} for ${what} is in use: stop what listens there, or set ${variable} to a free port.`,
  );
}
