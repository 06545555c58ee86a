import { describe, expect, test } from '@jest/globals';
import { BusError } from '../src/errors.js';
import { isBrokerAway, toBusError } from '../src/kafkajs/error-mapping.js';
import { internals } from '../src/kafkajs/internals.js';
import { patchCoordinatorNotFound } from '../src/patches/coordinator-not-found.js';

const fromBroker = (code: number): Error => internals.createErrorFromCode(code);
const named = (name: string): Error => {
  const errorClass = internals.errors[name];
  if (errorClass === undefined) throw new Error(`no ${name}`);
  return new errorClass('it happened');
};
/** As kafkajs wraps errors of a join: the type is lost. */
const wrapped = (error: Error): Error => {
  const errorClass = internals.errors['KafkaJSError'];
  if (errorClass === undefined) throw new Error('no KafkaJSError');
  return new errorClass(error as Error & string);
};

describe('what a broker answers to a send', () => {
  test.each([
    [32, 'invalid_timestamp', false, 'refused'],
    [10, 'too_large', false, 'refused'],
    [18, 'too_large', false, 'refused'],
    [87, 'invalid_record', false, 'refused'],
    [3, 'unknown_topic', true, 'refused'],
    [6, 'not_leader', true, 'refused'],
    [29, 'not_authorized', false, 'refused'],
    [19, 'not_enough_replicas', true, 'refused'],
    [20, 'not_enough_replicas', true, 'unknown'],
    [7, 'timed_out', true, 'unknown'],
    [-1, 'kafka_error', false, 'unknown'],
  ])('error %i is %s (retriable: %s, %s)', (code, expected, retriable, outcome) => {
    expect(toBusError(fromBroker(code))).toMatchObject({ code: expected, retriable, outcome });
  });
});

describe('an error from kafkajs', () => {
  test('that only says that retries are used up has the meaning of its cause', () => {
    const wrapped = new Error('retries exceeded', { cause: fromBroker(3) });
    expect(toBusError(wrapped)).toMatchObject({ code: 'unknown_topic', message: 'retries exceeded' });
  });

  test('about the connection leaves the outcome of a send open, unless nothing was sent', () => {
    const closed = named('KafkaJSConnectionClosedError');
    expect(toBusError(closed)).toMatchObject({ code: 'connection_failed', outcome: 'unknown' });
    expect(toBusError(closed, 'refused')).toMatchObject({ code: 'connection_failed', outcome: 'refused' });
  });

  test('stays the cause, and a BusError stays itself', () => {
    const original = fromBroker(32);
    const error = toBusError(original);
    expect(error.cause).toBe(original);
    expect(toBusError(error)).toBe(error);
    expect(toBusError(new BusError('timed_out', 'late', { retriable: true }), 'refused').outcome).toBe(
      'refused',
    );
  });

  test('of whatever kind becomes one of the closed list', () => {
    for (const odd of [undefined, null, 'text', 7, {}, new TypeError('oops')]) {
      expect(toBusError(odd)).toMatchObject({ name: 'BusError', code: 'kafka_error' });
    }
  });
});

describe('brokers that are away', () => {
  test('are waited for; a broker that refuses is not away', () => {
    expect(isBrokerAway(named('KafkaJSConnectionError'))).toBe(true);
    expect(isBrokerAway(named('KafkaJSRequestTimeoutError'))).toBe(true);
    expect(isBrokerAway(fromBroker(14))).toBe(true);
    expect(isBrokerAway(fromBroker(15))).toBe(true);
    expect(isBrokerAway(fromBroker(16))).toBe(true);
    expect(isBrokerAway(wrapped(fromBroker(16)))).toBe(true);
    expect(isBrokerAway(fromBroker(30))).toBe(false);
    expect(isBrokerAway(fromBroker(3))).toBe(false);
  });
});

test('a group coordinator that is not found yet can be asked for again', () => {
  patchCoordinatorNotFound();
  expect(named('KafkaJSGroupCoordinatorNotFound')).toMatchObject({ retriable: true });
  expect(named('KafkaJSNonRetriableError')).toMatchObject({ retriable: false });
});
