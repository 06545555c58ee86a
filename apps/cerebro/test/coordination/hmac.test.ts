import { createHmac } from 'node:crypto';
import { expect, test } from '@jest/globals';
import { hmacSha256Of } from '../../src/coordination/hmac.js';

const KEYS = [
  '',
  'k',
  'secret of the installation',
  'é'.repeat(32),
  'x'.repeat(64),
  'x'.repeat(65),
  '€'.repeat(80),
];
const TEXTS = ['', 'server-a\ninvocation-1', 'x'.repeat(55), 'x'.repeat(256), '', '€😀é', 'a'];

test('leases are what HMAC-SHA256 gives, whatever the lengths and the alphabets', () => {
  for (const key of KEYS) {
    const hmac = hmacSha256Of(key);
    for (const text of TEXTS)
      expect(hmac(text)).toBe(createHmac('sha256', key).update(text).digest('base64url'));
  }
});
