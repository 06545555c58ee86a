import { hash } from 'node:crypto';

const BLOCK_BYTES = 64;
const DIGEST_BYTES = 32;
/** Of a character in UTF-8, at most. */
const CHARACTER_BYTES = 3;
const INNER = 0x36;
const OUTER = 0x5c;

/**
 * HMAC-SHA256 (RFC 2104) of texts under one key, as base64url: two hashes of one call each, in less than half of the time
 * of `createHmac`, which makes an object outside of the heap for each text.
 */
export function hmacSha256Of(key: string): (text: string) => string {
  const block = Buffer.alloc(BLOCK_BYTES);
  if (Buffer.byteLength(key) > BLOCK_BYTES) block.set(hash('sha256', key, 'buffer'));
  else block.write(key);
  let inner = Buffer.from(block.map((byte) => byte ^ INNER));
  const outer = Buffer.alloc(BLOCK_BYTES + DIGEST_BYTES);
  outer.set(block.map((byte) => byte ^ OUTER));
  return (text) => {
    const room = BLOCK_BYTES + text.length * CHARACTER_BYTES;
    if (inner.length < room) inner = Buffer.concat([inner.subarray(0, BLOCK_BYTES)], room);
    const end = BLOCK_BYTES + inner.write(text, BLOCK_BYTES);
    outer.write(hash('sha256', inner.subarray(0, end), 'binary'), BLOCK_BYTES, 'binary');
    return hash('sha256', outer, 'base64url');
  };
}
