import { describe, expect, test } from '@jest/globals';
import { DatabaseError } from 'pg';
import { Conflict, StoreRefused, StoreUnavailable } from '../../src/coordination/ports/index.js';
import { endsSession, storeErrorOf } from '../../src/persistence/sql/errors.js';

function databaseError(code: string, fields: { constraint?: string; severity?: string } = {}): DatabaseError {
  return Object.assign(new DatabaseError(`of ${code}`, 1, 'error'), { code, severity: 'ERROR', ...fields });
}

describe('what PostgreSQL answers becomes one of the errors of the port', () => {
  test.each([
    '40001',
    '40P01',
    '55P03',
    '57P01',
    '57P02',
    '57P03',
    '08006',
    '53300',
    '57014',
    '25P02',
    '42P01',
  ])('%s can be tried again', (code) =>
    expect(storeErrorOf(databaseError(code))).toBeInstanceOf(StoreUnavailable),
  );

  test.each(['22P05', '22021', '22003', '22008', '23502', '23514', '54000'])(
    '%s is a refused value',
    (code) => expect(storeErrorOf(databaseError(code))).toBeInstanceOf(StoreRefused),
  );

  test('a version that moved, and a unique key that two coordinators meet at, are conflicts', () => {
    expect(storeErrorOf(databaseError('CD001'))).toBeInstanceOf(Conflict);
    expect(storeErrorOf(databaseError('23505', { constraint: 'runs_pkey' }))).toBeInstanceOf(Conflict);
    expect(storeErrorOf(databaseError('23505', { constraint: 'outbox_pkey' }))).toBeInstanceOf(StoreRefused);
  });

  test('an error of the connection can be tried again, and keeps its cause', () => {
    const cause = new Error('read ECONNRESET');
    const error = storeErrorOf(cause);
    expect(error).toBeInstanceOf(StoreUnavailable);
    expect(error.cause).toBe(cause);
  });

  test('only what ends the session makes the connection useless', () => {
    expect(endsSession(databaseError('23505'))).toBe(false);
    expect(endsSession(databaseError('57P01', { severity: 'FATAL' }))).toBe(true);
    expect(endsSession(new Error('Query read timeout'))).toBe(true);
  });
});
