import { expect, test } from '@jest/globals';
import { binaryArray } from '../../src/persistence/sql/binary-array.js';
import { joinMessages, splitMessages } from '../../src/persistence/sql/outbox-row.js';
import { invoke, message } from './support/builders.js';

test('what a type cannot hold is left to PostgreSQL to refuse', () => {
  expect(binaryArray('uuid', ['not a uuid'])).toBeNull();
  expect(binaryArray('uuid', ['0199C0DE-0000-7000-8000-000000000000'])).toBeNull();
  expect(binaryArray('int', [1, 2 ** 31])).toBeNull();
  expect(binaryArray('bigint', ['9223372036854775808'])).toBeNull();
  expect(binaryArray('bigint', [1.5])).toBeNull();
  expect(binaryArray('interval', ['1 day'])).toBeNull();
});

test('joined messages come apart as they were', () => {
  const messages = [
    message('ü/1', { key: null, value: null }),
    message('', { run: 'r', key: Buffer.alloc(0), value: Buffer.from([0, 255]), headers: {} }),
    invoke('three', { run: '', server: 'a', messageId: 'three' }),
    invoke('four', { partition: 7, server: 'b', ackMs: 1 }),
    message('a\u0000"', { kind: 'dead-letter', topic: 'ö' }),
    message('again'),
  ];
  const joined = joinMessages(messages);
  expect(splitMessages(joined)).toEqual(messages);
  expect(joined.heads).not.toContain('\u0000');
  const headers = { 'content-type': 'json' };
  const alike = Array.from({ length: 9 }, (_, n) => message(`${n}`, { headers }));
  expect(joinMessages(alike).heads.match(/content-type/g)).toHaveLength(1);
});
