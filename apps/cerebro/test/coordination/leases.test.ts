import { expect, test } from '@jest/globals';
import { Leases } from '../../src/coordination/index.js';

const leases = new Leases();
leases.use('secret of the installation');

test('a lease is valid for the server and invocation that it was made for, and for nothing else', () => {
  const lease = leases.of('server-a', 'invocation-1');
  expect(leases.isValid(lease, 'server-a', 'invocation-1')).toBe(true);
  expect(leases.isValid(lease, 'server-b', 'invocation-1')).toBe(false);
  expect(leases.isValid(lease, 'server-a', 'invocation-2')).toBe(false);
  expect(leases.isValid('', 'server-a', 'invocation-1')).toBe(false);
  expect(leases.isValid(`${lease}x`, 'server-a', 'invocation-1')).toBe(false);
  expect(leases.isValid(`${lease.slice(0, -1)}é`, 'server-a', 'invocation-1')).toBe(false);
  expect(leases.isValid('x'.repeat(lease.length), 'server-a', 'invocation-1')).toBe(false);
});

test('two coordinators with the same secret make the same leases', () => {
  const other = new Leases();
  other.use('secret of the installation');
  expect(other.of('a', '1')).toBe(leases.of('a', '1'));
});

test('without the secret no lease is made', () => {
  expect(() => new Leases().of('a', '1')).toThrow('not known yet');
});
