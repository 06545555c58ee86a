import { beforeAll, expect, jest, test } from '@jest/globals';
import { awaitUntil, eventStream, installation, startSdkServer } from '@cordyna/testkit';
import type { EventStream, Installation, StreamedEvent } from '@cordyna/testkit';

jest.setTimeout(90_000);

const RUNS = 30;
let cordyna: Installation;
let urls: string[];

beforeAll(async () => {
  cordyna = await installation({ coordinators: 2 });
  urls = cordyna.cerebros.map(({ url }) => `${url}/api/v1/stream`);
  const tasks = [
    { name: 'first' },
    { name: 'second', dependsOn: ['first'] },
    { name: 'third', dependsOn: ['second'] },
  ];
  await startSdkServer({ ...cordyna, declaration: { server: 'flow', tasks } });
  await cordyna.api.untilOnline('flow');
}, 120_000);

const nameOf = ({ data }: StreamedEvent): string => `${data.run}/${data.seq}`;
const finishedOf = (events: readonly StreamedEvent[]): number =>
  events.filter(({ event }) => event === 'cordyna.run.finished.v1').length;

/** Reads some events of a stream and cuts it: what came after them is lost on the way. */
async function some(url: string, count: number, lastEventId?: string): Promise<readonly StreamedEvent[]> {
  const stream = await eventStream(url, lastEventId);
  await stream.until(`${count} events are read`, ({ length }) => length >= count);
  stream.close();
  await awaitUntil('the stream is closed', () => stream.ended);
  return stream.events.slice(0, count);
}

test('a stream that is cut again and again, each time resumed on the other coordinator, misses and repeats nothing', async () => {
  const whole = await eventStream(urls[0]!);
  const anchor = await cordyna.api.createRun({ task: 'flow.first' });
  await whole.until('the first event is there', (events) => events.length > 0);
  const resumed: StreamedEvent[] = [];
  let last = whole.events[0]!.id;
  const runs = Promise.all(Array.from({ length: RUNS }, () => cordyna.api.createRun({ task: 'flow.first' })));
  for (let turn = 1; turn <= 10; turn += 1) {
    const events = await some(urls[turn % 2]!, 5, last);
    resumed.push(...events);
    last = events.at(-1)!.id;
  }
  const ids = [anchor, ...(await runs)];
  await Promise.all(ids.map((run) => cordyna.api.untilFinished(run, 60_000)));
  const rest = await eventStream(urls[0]!, last);
  await Promise.all([
    whole.until('all runs are finished', (events) => finishedOf(events) === ids.length),
    rest.until('all runs are finished', (events) => finishedOf([...resumed, ...events]) === ids.length),
  ]);
  resumed.push(...rest.events);

  const histories = await Promise.all(
    ids.map(async (run) => (await cordyna.api.history(run)).map(({ seq }) => `${run}/${seq}`)),
  );
  const all = histories.flat().sort();
  expect(whole.events.map(nameOf).sort()).toEqual(all);
  expect([nameOf(whole.events[0]!), ...resumed.map(nameOf)].sort()).toEqual(all);
  for (const events of [whole.events, resumed]) {
    const seqs = new Map<string, number>();
    for (const { data } of events) {
      expect(data.seq).toBeGreaterThan(seqs.get(data.run) ?? 0);
      seqs.set(data.run, data.seq);
    }
  }
});

test('the stream of one run is its history, whole from the first row, and resumes on the other coordinator', async () => {
  const run = await cordyna.api.createRun({ task: 'flow.first' });
  const first = await some(`${urls[0]}?run=${run}`, 3);
  const second: EventStream = await eventStream(`${urls[1]}?run=${run}`, first.at(-1)!.id);
  await second.until('the run is finished', (events) => finishedOf(events) === 1);
  const history = await cordyna.api.history(run);
  const rows = [...first, ...second.events].map(({ event, data: { run: of, ...row } }) => {
    expect([of, event]).toEqual([run, row.type]);
    return row;
  });
  expect(rows).toEqual(history);
  expect(JSON.stringify(rows)).not.toMatch(/"lease":"(?!\[?redacted)/i);
});

test('a coordinator that stops ends its streams, and the other one goes on where they were', async () => {
  const stream = await eventStream(urls[0]!);
  const before = await cordyna.cerebros[1]!.api.createRun({ task: 'flow.first' });
  await stream.until('the run is finished', (events) =>
    events.some(({ event, data }) => event === 'cordyna.run.finished.v1' && data.run === before),
  );
  await cordyna.cerebros[0]!.process.stop();
  await awaitUntil('the stream is ended', () => stream.ended);
  const after = await cordyna.cerebros[1]!.api.createRun({ task: 'flow.first' });
  const resumed = await eventStream(urls[1]!, stream.events.at(-1)!.id);
  await resumed.until('the next run is finished', (events) => finishedOf(events) > 0);
  const history = await cordyna.cerebros[1]!.api.history(after);
  expect(resumed.events.map(nameOf)).toEqual(history.map(({ seq }) => `${after}/${seq}`));
});
