import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { temporaryDirectory } from '@cordyna/testkit';
import { findConfiguration } from '../src/find-configuration.js';
import { readSettings } from '../src/settings/read-settings.js';
import { runnerOf } from './runner-of.js';

const folder = await temporaryDirectory('runner');
const path = join(folder, 'runner.yaml');
const errorsOf = (text: string): Promise<string> => {
  writeFileSync(path, text);
  return readSettings(path).then(
    () => 'none',
    (error: Error) => error.message,
  );
};

describe('the configuration', () => {
  test('declares tasks as the SDK does', async () => {
    const task = {
      dependsOn: ['server-a.extract'],
      every: '1h',
      retry: { maxAttempts: 2 },
      timeouts: { completeMs: 5_000 },
    };
    const server = await runnerOf(folder, {
      server: 'nightly',
      team: 'operations',
      tasks: [
        { name: 'dump', cmd: 'pg_dump', defaults: { table: 'orders' }, ...task },
        { name: 'pack', image: 'alpine:3', cmd: ['tar', 'c'], args: ['/data'], dependsOn: ['dump'] },
      ],
    });

    const { every: everyMs, ...declared } = { ...task, every: 3_600_000 };
    expect(server.declaration()).toEqual({
      server: 'nightly',
      team: 'operations',
      tasks: [
        { name: 'dump', args: { table: 'orders' }, everyMs, ...declared },
        { name: 'pack', dependsOn: ['dump'] },
      ],
    });
  });

  test('names every place that is wrong', async () => {
    const wrong = `{ tasks: [{ name: a }, { name: b, cmd: [], timeout: 5, memReservation: lots }], servr: x }`;

    expect((await errorsOf(wrong)).split('\n').slice(1)).toEqual([
      '  /: servr is not known; take it out or correct its name',
      '  /tasks/0: must be a command (`cmd`) or a container (`image`)',
      '  /tasks/1: timeout is not known; take it out or correct its name',
      '  /tasks/1/cmd: must be a program, or a list of a program and its arguments',
      '  /tasks/1/memReservation: must be bytes as a number, or a text such as 512m or 2g',
    ]);
  });

  test.each([
    ['no YAML', 'tasks: [', 'is no YAML'],
    ['nothing to run', 'server: a', 'has neither tasks nor activities'],
  ])('that is %s is refused', async (_, text, message) => {
    expect(await errorsOf(text)).toContain(message);
  });

  test('is the file that the only argument names', async () => {
    writeFileSync(path, 'tasks: []');
    expect(await findConfiguration([path])).toEqual({ kind: 'tasks', path });
    await expect(findConfiguration([])).rejects.toThrow('Start it with one path');
    await expect(findConfiguration([join(folder, 'none.yaml')])).rejects.toThrow('none.yaml does not exist');
  });
});
