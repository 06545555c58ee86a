import { Option, type Command } from 'commander';
import { apply } from './commands/apply.js';
import { exportFile, importFile } from './commands/files.js';
import { jobs } from './commands/jobs.js';
import { actOnSchedule, previewSchedule, schedules } from './commands/schedules.js';
import type { Context } from './context.js';

const json = (): Option => new Option('--json', 'print JSON');
const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];

const paged = (command: Command): Command =>
  command
    .option('--limit <number>')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .addOption(json());

const signed = (command: Command): Command =>
  command
    .option('--author <name>', 'who changes it, kept with the change')
    .option('--reason <text>', 'why, kept with the change');

/** Commands about what people define. */
export function addDefinitionCommands(
  program: Command,
  context: () => Context,
  end: (code: number) => void,
): void {
  addFileCommands(program, context, end);
  paged(program.command('jobs').description('list the jobs that people defined, by name')).action(
    async (options: Parameters<typeof jobs>[1]) => end(await jobs(context(), options)),
  );
  const listed = paged(program.command('schedules').description('list schedules, by name')).action(
    async (options: Parameters<typeof schedules>[1]) => end(await schedules(context(), options)),
  );
  listed
    .command('preview')
    .description('print the next due times of a schedule')
    .argument('<schedule>')
    .action(async (schedule: string) => end(await previewSchedule(context(), schedule)));
  const actions = [
    ['pause', 'stop a schedule; what falls due meanwhile never is'],
    ['resume', 'go on with a schedule that is paused'],
    ['fire', 'run it now, paused or not'],
  ] as const;
  for (const [action, description] of actions)
    signed(listed.command(action).description(description).argument('<schedule>')).action(
      async (schedule: string, by: { author?: string; reason?: string }) =>
        end(await actOnSchedule(context(), schedule, action, by)),
    );
}

function addFileCommands(program: Command, context: () => Context, end: (code: number) => void): void {
  signed(
    program
      .command('apply')
      .description('make everything that a cordyna.yaml names like that, or nothing')
      .argument('<file>', '"-" for standard input')
      .option('--dry-run', 'say what would change, and change nothing')
      .option('--prune', 'remove what is defined and the file does not name')
      .addOption(json()),
  ).action(async (file: string, options: Parameters<typeof apply>[2]) =>
    end(await apply(context(), file, options)),
  );
  program
    .command('export')
    .description('print everything that is defined, as a cordyna.yaml')
    .action(async () => end(await exportFile(context())));
  program
    .command('import')
    .description('print a sermos.yaml as a cordyna.yaml; what has no counterpart goes to standard error')
    .argument('<file>', '"-" for standard input')
    .option('--handler <handler=task>', 'the task that stands for a handler; repeatable', collect, [])
    .action(async (file: string, options: { handler: readonly string[] }) =>
      end(await importFile(context(), file, options)),
    );
}
