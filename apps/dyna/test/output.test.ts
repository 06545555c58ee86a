import { describe, expect, test } from '@jest/globals';
import { parseEvents } from '../src/api/event-stream.js';
import { dynaConfig } from '../src/config.js';
import { between, duration } from '../src/output/times.js';

test.each([
  [0, '0 ms'],
  [999, '999 ms'],
  [1_000, '1.0 s'],
  [59_940, '59.9 s'],
  [59_999, '1 min 0 s'],
  [3_599_400, '59 min 59 s'],
  [3_600_000, '1 h 0 min'],
  [7_380_000, '2 h 3 min'],
])('%d ms is written as %s', (ms, text) => expect(duration(ms)).toBe(text));

test('what has not begun took no time, and what has not ended is counted to now', () => {
  expect(between(null, null)).toBe('');
  expect(between('2026-11-21T10:00:00Z', null, Date.parse('2026-11-21T10:00:02Z'))).toBe('2.0 s');
});

describe('the stream of events', () => {
  async function* bytes(...parts: string[]): AsyncGenerator<Uint8Array> {
    for (const part of parts) yield Buffer.from(part);
  }
  const read = async (...parts: string[]): Promise<unknown[]> => {
    const events: unknown[] = [];
    for await (const event of parseEvents(bytes(...parts))) events.push(event);
    return events;
  };

  test('is split at blank lines wherever the bytes were cut', async () => {
    const text =
      'id: 1\nevent: a\ndata: x\n\n: ping\n\nid: 2\r\ndata: y\r\ndata: z\r\n\r\nid: 3\ndata: unfinished';
    const events = [
      { id: '1', event: 'a', data: 'x' },
      { id: '2', event: 'message', data: 'y\nz' },
    ];
    expect(await read(text)).toEqual(events);
    expect(await read(...text)).toEqual(events);
  });
});

describe('the configuration', () => {
  test('is that of the local stack when nothing is set', () => {
    expect(dynaConfig({})).toMatchObject({
      url: 'http://127.0.0.1:7000',
      home: '.cordyna',
      kafkaPort: 9092,
      postgresPort: 54_329,
      httpPort: 7000,
      examples: true,
    });
  });

  test('takes the URL from CORDYNA_HTTP_PORT unless CORDYNA_URL is given', () => {
    expect(dynaConfig({ CORDYNA_HTTP_PORT: '7001' }).url).toBe('http://127.0.0.1:7001');
    expect(dynaConfig({ CORDYNA_HTTP_PORT: '7001', CORDYNA_URL: 'http://h:1/' }).url).toBe('http://h:1');
  });

  test.each(['0', '65536', 'http', '70.5'])('refuses %s as a port and names the variable', (port) => {
    expect(() => dynaConfig({ CORDYNA_KAFKA_PORT: port })).toThrow(
      /CORDYNA_KAFKA_PORT is ".*", which is no port/,
    );
  });
});
