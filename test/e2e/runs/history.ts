import { describe, expect, test } from '@jest/globals';
import { EventType } from '@cordyna/protocol/model';
import { TaskFailure, type JobOptions } from '@cordyna/task-server';
import { dumpTopic, type ApiHistoryRow } from '@cordyna/testkit';
import { taskOf, type Setting, type Tasks } from './setting.js';

/** `<type> <task> <attempt>`, the type without what all have in common. */
const line = ({ type, task, attempt }: ApiHistoryRow): string =>
  [type.replace(/^cordyna\.|\.v1$/g, ''), task, attempt].filter((part) => part !== null).join(' ');

/**
 * Not Kafka's acknowledgement of an invoke, which rides with whatever comes next or is overtaken by what the server says;
 * nor the wait of a coordinator that is to invoke a server for the first time and asks Kafka for its topic.
 */
const isNarrative = ({ type, reason }: ApiHistoryRow): boolean =>
  type !== 'cordyna.task.published.v1' && !reason?.startsWith('waiting for capacity of ');

export function history(setting: Setting): void {
  describe('the history of a run', () => {
    const book: Tasks[string] = {
      args: { from: 'definition', definition: true },
      retry: { maxAttempts: 2, backoffMs: 20 },
      handler: ({ event }) => {
        if (event.attempt === 1) throw TaskFailure.retryable('locked', 'somebody else has it');
        return { from: 'output', output: true };
      },
    };
    const close: JobOptions = {
      args: { from: 'job', job: true },
      tasks: [{ task: 'book', args: { from: 'job-task', jobTask: true } }, 'mirror.copy'],
    };
    setting.server('ledger', { book }, { close });
    setting.server('mirror', {
      copy: { dependsOn: ['ledger.book'], args: { from: 'definition', mine: true } },
    });

    test('tells in order what happened, who said it, from where in the topics it came, and nothing of leases', async () => {
      const [ledger, mirror] = ['ledger', 'mirror'].map((name) => setting.sourceOf(name));
      const run = await setting.run({ task: 'ledger.book' });
      expect(run.state).toBe('completed');
      const answer = await setting.api.request('GET', `/api/v1/runs/${run.run}/history`);
      const rows = (answer.body as ApiHistoryRow[]).filter(isNarrative);
      expect(rows.map(line)).toEqual([
        'run.created',
        'task.invoked ledger.book 1',
        'task.started ledger.book 1',
        'task.error ledger.book 1',
        'task.waiting ledger.book 1',
        'task.invoked ledger.book 2',
        'task.started ledger.book 2',
        'task.completed ledger.book 2',
        'task.invoked mirror.copy 1',
        'task.started mirror.copy 1',
        'task.completed mirror.copy 1',
        'run.finished',
      ]);
      const sources = rows.map(({ source }) => source.replace(/^\/cerebro\/.+$/, 'cerebro'));
      expect(sources).toEqual([
        '/http',
        'cerebro',
        ledger,
        ledger,
        'cerebro',
        'cerebro',
        ledger,
        ledger,
        'cerebro',
        mirror,
        mirror,
        'cerebro',
      ]);
      expect(rows.every(({ applied }) => applied)).toBe(true);
      const recorded = rows.map(({ recordedAt }) => Date.parse(recordedAt));
      expect(recorded).toEqual([...recorded].sort((a, b) => a - b));
      expect(rows.every(({ at }) => Math.abs(Date.parse(at) - (recorded[0] as number)) < 60_000)).toBe(true);
      expect(JSON.stringify(answer.body)).not.toMatch(/lease/i);

      const reports = rows.filter(({ source }) => source.startsWith('/servers/'));
      const records = await dumpTopic(setting.brokers, `${setting.prefix}.events`);
      for (const { topic, partition, offset, type, source, at } of reports) {
        const record = records.find((one) => one.partition === partition && one.offset.toString() === offset);
        expect(topic).toBe(`${setting.prefix}.events`);
        const told = JSON.parse(record?.value ?? '{}') as Record<string, unknown>;
        expect(told).toMatchObject({ type, source });
        expect(Date.parse(told['time'] as string)).toBe(Date.parse(at));
      }
      expect(taskOf(run, 'ledger.book').instance).toBe(ledger?.split('/').at(-1));
      expect(taskOf(run, 'mirror.copy').instance).toBe(mirror?.split('/').at(-1));
    });

    test('says of each argument which source it came from, and later sources win', async () => {
      const run = await setting.run({
        job: 'ledger.close',
        args: { from: 'run', run: true },
        taskArgs: { 'ledger.book': { from: 'task', task: true } },
      });
      const told = (await setting.api.history(run.run)).filter(({ type }) => type === EventType.taskInvoked);
      const invokes = await setting.invokes(run.run, ['ledger', 'mirror']);
      const [book, copy] = ['ledger.book', 'mirror.copy'].map((name) => ({
        data: told.find(({ task }) => task === name)?.data,
        command: invokes.find(({ command }) => command.task === name)?.command,
      }));
      expect(book?.command?.args).toEqual({
        from: 'task',
        definition: true,
        job: true,
        jobTask: true,
        run: true,
        task: true,
      });
      expect(book?.data?.['origins']).toEqual({
        from: 'task',
        definition: 'definition',
        job: 'job',
        jobTask: 'job-task',
        run: 'run',
        task: 'task',
      });
      expect(copy?.command?.args).toEqual({ from: 'output', mine: true, job: true, run: true, output: true });
      expect(copy?.data?.['origins']).toEqual({
        from: 'output:ledger.book',
        mine: 'definition',
        job: 'job',
        run: 'run',
        output: 'output:ledger.book',
      });
      expect([book, copy].map((one) => one?.data?.['args'])).toEqual(
        [book, copy].map((one) => one?.command?.args),
      );
      expect(copy?.command?.inputs).toEqual({ 'ledger.book': { from: 'output', output: true } });
    });

    test('of a cancelled and retried run folds to its state at every moment that it is looked at', async () => {
      const id = await setting.api.createRun({ task: 'ledger.book' });
      await setting.checkFold(id);
      await setting.api.cancel(id).catch(() => undefined); // it may have ended already
      await setting.checkFold(id);
      const { state } = await setting.api.run(id);
      if (state === 'cancelled') await setting.api.retry(id);
      await setting.checkFold(id);
      expect((await setting.finished(id)).state).toBe('completed');
    });
  });
}
