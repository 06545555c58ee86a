import { expect, test } from '@jest/globals';
import { measured } from '../src/cluster/produce-message.js';
import { RecordCursor } from '../src/cluster/record-cursor.js';

test('a header that is called like something every object has is a header as any other', () => {
  const headers = JSON.parse('{"__proto__":"a","constructor":"b","toString":"c","plain":"d"}') as object;
  const section = measured({ key: null, value: null, headers: headers as Record<string, string> }).headers;
  const read = new RecordCursor(section, 0).headers();
  expect(Object.entries(read).map(([name, value]) => [name, String(value)])).toEqual(Object.entries(headers));
  expect(Object.getPrototypeOf(read)).toBe(Object.prototype);
});
