import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { connect } from 'node:net';
import { awaitUntil } from '@cordyna/testkit';
import { StreamHub } from '../../src/http/stream/stream-hub.js';
import { httpApp, type HttpApp } from './support/http-app.js';
import { NO_RUN, OTHER_RUN, RUN } from './support/memory.js';
import { EventReader } from './support/read-events.js';

jest.setTimeout(30_000);

let http: HttpApp;
let readers: EventReader[] = [];

beforeEach(async () => {
  http = await httpApp();
});
afterEach(async () => {
  for (const reader of readers) reader.close();
  readers = [];
  await http.close();
});

async function open(query = '', lastEventId?: string): Promise<EventReader> {
  const reader = await EventReader.open(`${http.url}/api/v1/stream${query}`, lastEventId);
  readers.push(reader);
  return reader;
}
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, at) => at + first);

describe('the stream of all runs', () => {
  test('begins at the present end and gives each row with its run, type and cursor', async () => {
    http.queries.append(RUN, 3);
    const reader = await open();
    expect(reader.contentType).toBe('text/event-stream; charset=utf-8');
    http.queries.append(RUN);
    http.queries.append(OTHER_RUN, 1, { type: 'cordyna.run.created.v1', data: { lease: 'top-secret' } });
    await reader.until('two rows', () => reader.events.length === 2);
    expect(reader.events).toMatchObject([
      { id: 'all-4', event: 'cordyna.task.started.v1', data: { run: RUN, seq: 4, offset: '17' } },
      {
        id: 'all-5',
        event: 'cordyna.run.created.v1',
        data: { run: OTHER_RUN, seq: 1, data: { lease: '[redacted]' } },
      },
    ]);
  });

  test('tells its place before the first row, so that nothing is lost when it breaks off', async () => {
    http.queries.append(RUN, 3);
    const reader = await open();
    await reader.until('an id', () => reader.lastId === 'all-3');
  });

  test('goes on after Last-Event-ID with each row once, while more are written', async () => {
    http.queries.append(RUN, 1_000);
    const live = await open();
    await live.until('its place', () => live.lastId !== undefined);
    const late = await open('', 'all-200');
    const writing = setInterval(() => http.queries.append(RUN, 7), 3);
    try {
      await late.until('rows beyond the catch-up', () => late.events.length >= 1_500);
    } finally {
      clearInterval(writing);
    }
    const last = http.queries.rows.length;
    await late.until('the last row', () => late.seqs.at(-1) === last);
    await live.until('the last row', () => live.seqs.at(-1) === last);
    expect(late.seqs).toEqual(upTo(last, 201));
    expect(live.seqs).toEqual(upTo(last, 1_001));
  });

  test('is read once for all clients at the end', async () => {
    const all = await Promise.all(Array.from({ length: 20 }, () => open()));
    http.queries.append(RUN);
    await Promise.all(all.map((reader) => reader.until('the row', () => reader.events.length === 1)));
    http.queries.asked.length = 0;
    http.queries.append(RUN);
    await Promise.all(all.map((reader) => reader.until('the next row', () => reader.events.length === 2)));
    expect(http.queries.asked.length).toBeLessThan(5);
  });

  test('reads nothing while nobody listens', async () => {
    const reader = await open();
    await reader.until('its place', () => reader.lastId !== undefined);
    reader.close();
    await reader.until('the end', () => reader.ended);
    const hub = http.app.get(StreamHub, { strict: false });
    await awaitUntil('nothing is read any more', () => !hub.isReading);
    http.queries.append(RUN);
    const next = await open();
    await next.until('its place', () => next.lastId !== undefined);
    expect(hub.isReading).toBe(true);
    // It begins at the present end, behind what nobody was there to read.
    expect(next.events).toEqual([]);
  });

  test('survives that the database is away for a while', async () => {
    const reader = await open();
    http.queries.failure = new Error('away');
    http.queries.append(RUN);
    const failed = () => http.queries.asked.filter((one) => one.startsWith('stream')).length;
    const before = failed();
    await awaitUntil('two readings failed', () => failed() >= before + 2);
    http.queries.failure = null;
    await reader.until('the row', () => reader.events.length === 1);
  });

  test('a client that does not read delays nobody and loses nothing', async () => {
    const port = Number(new URL(http.url).port);
    const slow = connect(port, '127.0.0.1');
    slow.write('GET /api/v1/stream HTTP/1.1\r\nhost: x\r\n\r\n');
    await new Promise<void>((resolve) => slow.once('readable', resolve));
    const quick = await open();
    const text = 'x'.repeat(50_000);
    for (let batch = 1; batch <= 10; batch++) {
      http.queries.append(RUN, 40, { data: { text } });
      await quick.until(`batch ${batch}`, () => quick.events.length === batch * 40);
    }
    let got = '';
    slow.setEncoding('utf8').on('data', (chunk: string) => (got += chunk));
    await awaitUntil('the last row came', () => got.includes('"seq":400,'), { everyMs: 20 });
    slow.destroy();
    expect([...got.matchAll(/"seq":(\d+),/g)].map(([, seq]) => Number(seq))).toEqual(upTo(400));
  });
});

describe('the stream of one run', () => {
  test('begins at the first row and follows that run alone', async () => {
    http.queries.append(RUN, 450);
    const reader = await open(`?run=${RUN}`);
    await reader.until('what there is', () => reader.events.length === 450);
    http.queries.append(OTHER_RUN, 5);
    http.queries.append(RUN, 2);
    await reader.until('what comes', () => reader.events.length === 452);
    expect(reader.seqs).toEqual(upTo(452));
    expect(new Set(reader.events.map(({ data }) => data.run))).toEqual(new Set([RUN]));
  });

  test('resumes after Last-Event-ID', async () => {
    http.queries.append(RUN, 10);
    const reader = await open(`?run=${RUN.toUpperCase()}`, 'run-7');
    await reader.until('the rest', () => reader.events.length === 3);
    expect(reader.seqs).toEqual([8, 9, 10]);
  });
});

describe('the stream', () => {
  test.each([
    ['an unknown run', `?run=${NO_RUN}`, undefined, 404],
    ['what is not a run id', '?run=x', undefined, 400],
    ['a cursor that it did not give', '', 'other-1', 400],
    ['a cursor with spaces', '', 'a b', 400],
    ['a cursor of all for one run', `?run=${RUN}`, 'all-1', 400],
  ])('refuses %s', async (_, query, lastEventId, status) => {
    const headers: Record<string, string> = lastEventId === undefined ? {} : { 'Last-Event-ID': lastEventId };
    const response = await http.get(`/api/v1/stream${query}`, headers);
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    if (lastEventId !== undefined)
      expect(await response.json()).toMatchObject({ errors: [{ path: 'Last-Event-ID' }] });
  });

  test('lets 256 listen and no more', async () => {
    await Promise.all(Array.from({ length: 256 }, () => open()));
    const response = await http.get('/api/v1/stream');
    expect([response.status, response.headers.get('retry-after')]).toEqual([503, '1']);
    expect(await response.json()).toMatchObject({ type: '/problems/too-many-streams' });
    readers[0]?.close();
    await readers[0]?.until('the end', () => readers[0]?.ended ?? true);
    const end = Date.now() + 5_000;
    for (;;) {
      const again = await fetch(`${http.url}/api/v1/stream`, { method: 'HEAD' });
      const opened = await open().catch(() => null);
      if (opened && again.ok) break;
      if (Date.now() > end) throw new Error('no place was free again');
    }
  });

  test('ends when the coordinator stops, which it does at once', async () => {
    const streams = [await open(), await open(`?run=${RUN}`)];
    const started = Date.now();
    await http.close();
    await Promise.all(streams.map((reader) => reader.until('the end', () => reader.ended)));
    expect(Date.now() - started).toBeLessThan(3_000);
  });
});
