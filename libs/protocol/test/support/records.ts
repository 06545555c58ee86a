import type { CloudEvent, RawMessage } from '../../src/wire/index.js';

export const validUpdate = {
  invocation: '01990000-0000-7000-8000-000000000001',
  run: '01990000-0000-7000-8000-000000000002',
  task: 'server-a.extract',
  attempt: 1,
  lease: 'b3BhcXVl',
  instance: 'server-a-1',
};

export const event = (changes: Partial<CloudEvent<unknown>> = {}): CloudEvent<unknown> => ({
  specversion: '1.0',
  id: 'id-1',
  source: '/servers/server-a/server-a-1',
  type: 'cordyna.task.started.v1',
  time: '2026-11-21T10:00:00.123Z',
  subject: 'server-a.extract',
  data: validUpdate,
  ...changes,
});

/** A record whose value is this text, these bytes or this object as JSON. */
export function record(
  value: string | Buffer | object | null,
  { key = 'server-a', headers = {} }: { key?: string | Buffer | null; headers?: RawMessage['headers'] } = {},
): RawMessage {
  return {
    key: typeof key === 'string' ? Buffer.from(key) : key,
    value: value === null || Buffer.isBuffer(value) ? value : Buffer.from(asText(value)),
    headers,
  };
}

const asText = (value: string | object): string =>
  typeof value === 'string' ? value : JSON.stringify(value);

export const binaryHeaders = (changes: RawMessage['headers'] = {}): RawMessage['headers'] => ({
  'content-type': Buffer.from('application/json'),
  ce_specversion: Buffer.from('1.0'),
  ce_id: Buffer.from('id-1'),
  ce_source: Buffer.from('/servers/server-a/server-a-1'),
  ce_type: Buffer.from('cordyna.task.started.v1'),
  ...changes,
});
