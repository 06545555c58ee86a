import { randomBytes } from 'node:crypto';
import { hostname } from 'node:os';

/** One process of a task server, from its start to its end. */
export interface InstanceIdentity {
  readonly server: string;
  /** Unique per process start. */
  readonly instance: string;
  /** CloudEvents `source` of all that it says. */
  readonly source: string;
}

export function newInstance(server: string): InstanceIdentity {
  const host =
    hostname()
      .replace(/[^A-Za-z0-9-]+/g, '-')
      .slice(0, 40) || 'host';
  const instance = `${host}-${process.pid}-${randomBytes(6).toString('hex')}`;
  return { server, instance, source: `/servers/${server}/${instance}` };
}
