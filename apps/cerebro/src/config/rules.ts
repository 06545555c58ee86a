import { ValidateBy, type ValidationOptions } from 'class-validator';
import { BlockList, isIP } from 'node:net';

const loopback = new BlockList();
loopback.addSubnet('127.0.0.0', 8, 'ipv4');
loopback.addAddress('::1', 'ipv6');

/** Whether only this machine reaches a server that listens there. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  const family = isIP(host);
  return family !== 0 && loopback.check(host, family === 4 ? 'ipv4' : 'ipv6');
}

/** An address that may be listened on: loopback, or any when the environment says that this is meant. */
export function IsListenAddress(options: ValidationOptions): PropertyDecorator {
  const validate = (value: unknown, args?: { object: object }): boolean => {
    const open = (args?.object as { CORDYNA_OPEN_BEYOND_LOOPBACK?: string }).CORDYNA_OPEN_BEYOND_LOOPBACK;
    return typeof value === 'string' && (isLoopback(value) || open === 'yes');
  };
  return ValidateBy({ name: 'isListenAddress', validator: { validate } }, options);
}

/** `postgresql://…`, also the form without a host (`postgresql:///database?host=/var/run/postgresql`). */
export function IsPostgresUrl(options: ValidationOptions): PropertyDecorator {
  const validate = (value: unknown): boolean =>
    typeof value === 'string' && /^postgres(ql)?:\/\/./.test(value) && URL.canParse(value);
  return ValidateBy({ name: 'isPostgresUrl', validator: { validate } }, options);
}
