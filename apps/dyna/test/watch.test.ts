import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { ServerResponse } from 'node:http';
import type { Run } from '../src/api/types.js';
import { completed, failed, graph, RUN, running } from './answers.js';
import { ApiServer, sendJson } from './api-server.js';
import { dyna } from './fake-terminal.js';

let api: ApiServer;
const watch = (terminal = {}, ...argv: string[]) =>
  dyna(['watch', RUN, ...argv], { CORDYNA_URL: api.url, NO_COLOR: '1' }, terminal);

/** Serves the states in turn, one for each time that the run is looked at; the last one stays. */
function serve(...states: Run[]): void {
  api.on(`GET /api/v1/runs/${RUN}`, (_: unknown, response: ServerResponse) => {
    sendJson(response, states.length > 1 ? states.shift() : states[0]);
  });
}

/** A stream that says something `times` times and is then cut. */
function streamOf(times: number) {
  return (_: unknown, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'text/event-stream' });
    response.write(': hello\n\n');
    for (let n = 1; n <= times; n += 1)
      response.write(`id: c${n}\nevent: cordyna.task.started.v1\ndata: {"seq":${n}}\n\n`);
    response.end();
  };
}

const FAILED_TREE = [
  `Run ${RUN} of server-a.extract is failed (1 min 15 s)`,
  '└─ server-a.extract  ✔ completed  on i1  2.0 s',
  '   ├─ server-b.load  ✘ error  attempt 3  on i2  1.0 s  disk_full: Ask the storage team for room.',
  '   └─ server-b.check  ✔ completed  on i1  1.0 s',
  '      └─ server-c.report  ■ blocked  blocked by server-b.load  (also after server-b.load)',
];

beforeEach(async () => {
  api = (await ApiServer.start()).on('GET /api/v1/graph', graph).on('GET /api/v1/stream', streamOf(1));
});
afterEach(() => api.stop());

describe('dyna watch', () => {
  test('in a pipe prints what changes, then the tree, and fails with the run', async () => {
    serve(running, failed);
    const { code, out } = await watch();
    expect(code).toBe(1);
    const lines = out.trimEnd().split('\n');
    expect(lines[0]).toBe('server-a.extract  ✔ completed  on i1  2.0 s');
    expect(lines[2]).toBe('server-b.check  · pending  waiting for capacity of server-b');
    // server-a.extract did not change, so it is told once.
    expect(lines.slice(4, 7).map((line) => line.split('  ')[0])).toEqual([
      'server-b.load',
      'server-b.check',
      'server-c.report',
    ]);
    expect(lines.slice(7)).toEqual(FAILED_TREE);
  });

  test('a completed run is exit code 0', async () => {
    serve(completed);
    expect((await watch()).code).toBe(0);
  });

  test('in a terminal draws the tree over the one before', async () => {
    serve(running, failed);
    const { out } = await watch({ isTTY: true });
    const [first, second] = out.split('\u001b[5A\u001b[0J');
    expect(first).toContain('└─ server-c.report  · pending');
    expect(second).toBe(`\u001b[?7l${FAILED_TREE.join('\n')}\u001b[?7h\n`);
  });

  test('a tree that is longer than the terminal is cut and says so', async () => {
    serve(failed);
    const { out } = await watch({ isTTY: true, rows: 5 });
    expect(out).toBe(`\u001b[?7l${[...FAILED_TREE.slice(0, 3), '… 2 more'].join('\n')}\u001b[?7h\n`);
  });

  test('with --json prints a line for each state of the run that differs', async () => {
    serve(running, running, failed);
    const { out } = await watch({}, '--json');
    const states = out.trimEnd().split('\n');
    expect(states.map((line) => JSON.parse(line) as unknown)).toEqual([running, failed]);
  });

  test('a cut stream is resumed after the last event that was seen', async () => {
    let streams = 0;
    const resumed = new Promise<string | undefined>((resolve) => {
      api.on(
        'GET /api/v1/stream',
        (request: { headers: Record<string, string> }, response: ServerResponse) => {
          streams += 1;
          if (streams === 2) resolve(request.headers['last-event-id']);
          streamOf(3)(request, response);
          if (streams === 2) serve(completed);
        },
      );
    });
    serve(running);
    expect((await watch()).code).toBe(0);
    expect(await resumed).toBe('c3');
  });

  test('goes on when Cerebro is away for a moment', async () => {
    const answers: [number, unknown][] = [
      [200, running],
      [503, { status: 503, title: 'Service Unavailable' }],
      [200, completed],
    ];
    api.on(`GET /api/v1/runs/${RUN}`, (_: unknown, response: ServerResponse) => {
      const [status, body] = answers.shift() ?? [500, {}];
      sendJson(response, body, status);
    });
    expect(await watch()).toMatchObject({ code: 0, err: '' });
  });

  test('an unknown run is one clear error', async () => {
    const { code, err } = await watch();
    expect(code).toBe(2);
    expect(err).toBe(`dyna: There is no run "${RUN}".\nList them with: dyna runs\n`);
  });
});

test('dyna invoke --wait follows the run and fails with it', async () => {
  serve(running, failed);
  api.on('POST /api/v1/runs', (_: unknown, response: ServerResponse) =>
    sendJson(response, { run: RUN }, 202),
  );
  const { code, out } = await dyna(['invoke', 'server-a.extract', '--wait'], { CORDYNA_URL: api.url });
  expect(code).toBe(1);
  expect(out.trimEnd().split('\n').slice(-5)).toEqual(FAILED_TREE);
});
