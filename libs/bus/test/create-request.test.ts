import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { payloadOf } from '../src/cluster/payload.js';
import { createRequestBy, roomFor } from '../src/kafkajs/create-request.js';
import { internals, originalCreateRequest } from '../src/kafkajs/internals.js';

const createRequest = createRequestBy(originalCreateRequest);

test('a request is framed as kafkajs frames it, around its own payloads and around ours', async () => {
  const text = fc.string({ unit: 'grapheme', maxLength: 300 });
  const bytes = fc.uint8Array({ maxLength: 600 });
  await fc.assert(
    fc.asyncProperty(text, fc.nat(), bytes, async (clientId, correlationId, content) => {
      const own = roomFor(content.length);
      own.set(content);
      const theirs = new internals.Encoder();
      for (const byte of new Int8Array(content)) theirs.writeInt8(byte);
      const request = (payload: unknown) => ({
        correlationId,
        clientId,
        request: { apiKey: 1, apiName: 'Fetch', apiVersion: 11, encode: () => Promise.resolve(payload) },
      });
      const { buffer } = await originalCreateRequest(request(theirs));
      expect((await createRequest(request(theirs))).buffer).toEqual(buffer);
      expect((await originalCreateRequest(request(payloadOf(own)))).buffer).toEqual(buffer);
      expect((await createRequest(request(payloadOf(own)))).buffer).toEqual(buffer);
    }),
  );
});

test('and it is the one that kafkajs uses', () => {
  expect(internals.require('kafkajs/src/protocol/request.js')).not.toBe(originalCreateRequest);
});
