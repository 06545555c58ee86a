import { expect, test } from '@jest/globals';
import { binaryArray } from '../../src/persistence/sql/binary-array.js';
import { joinMessages, splitMessages } from '../../src/persistence/sql/joined-messages.js';

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
    { messageId: 'ü/1', run: null, key: null, value: null },
    { messageId: '', run: 'r', key: Buffer.alloc(0), value: Buffer.from([0, 255]) },
    { messageId: 'three', run: '', key: Buffer.from('key'), value: Buffer.from('{"a":"ü"}') },
  ];
  expect(splitMessages(joinMessages(messages))).toEqual(messages);
});
