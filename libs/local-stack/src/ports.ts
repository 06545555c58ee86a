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

/**
 * A port on 127.0.0.1 that nobody listens on. It lies below the range from which the system takes ports of outgoing
 * connections, so that nobody gets it while a server that is to come back on it is away.
 */
export async function freePort(): Promise<number> {
  for (let tries = 0; tries < 200; tries += 1) {
    const port = LOWEST + Math.floor(Math.random() * (HIGHEST - LOWEST));
    if (await canListen(port, '127.0.0.1')) return port;
  }
  throw new StackError('port_in_use', `No free port between ${LOWEST} and ${HIGHEST} was found.`);
}

/** Throws one clear sentence when the port is taken. `variable` is the environment variable that moves it. */
export async function requireFreePort(port: number, what: string, variable: string): Promise<void> {
  if (await canListen(port, '127.0.0.1')) return;
  throw new StackError(
    'port_in_use',
    `Port ${port} for ${what} is in use: stop what listens there, or set ${variable} to a free port.`,
  );
}
