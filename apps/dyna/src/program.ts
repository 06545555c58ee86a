import { Command, CommanderError, Option } from 'commander';
import { Api } from './api/client.js';
import { CliError } from './cli-error.js';
import { failures } from './commands/failures.js';
import { invoke } from './commands/invoke.js';
import { runs } from './commands/runs.js';
import type { InvokeOptions } from './commands/run-request.js';
import { up } from './commands/up.js';
import { watch } from './commands/watch.js';
import { dynaConfig } from './config.js';
import type { Context } from './context.js';
import { addDefinitionCommands } from './definition-commands.js';
import { Terminal, type Sink } from './output/terminal.js';

const FAILED = 2;

const collect = (value: string, before: readonly string[]): readonly string[] => [...before, value];
const json = (): Option => new Option('--json', 'print JSON');

function addCommands(program: Command, context: () => Context, end: (code: number) => void): void {
  program
    .command('up')
    .description('run the whole system on this machine, in the foreground')
    .addOption(json())
    .action(async (options: { json?: boolean }) => end(await up(context(), options)));
  program
    .command('invoke')
    .description('make a run of a task and what lies downstream of it, or of a job')
    .argument('<task or job>')
    .option('--arg <name=value>', 'one argument; JSON or else a string; repeatable', collect, [])
    .option('--args <json>', 'arguments of the run, a JSON object')
    .option('--task-args <task=json>', 'arguments of one task in this run; repeatable', collect, [])
    .addOption(
      new Option('--scope <scope>', 'the task alone, or all downstream of it').choices([
        'downstream',
        'task',
      ]),
    )
    .option('--key <key>', 'idempotency key: the same one gives the same run')
    .option('--job', 'take the name as a job, not a task')
    .option('--wait', 'follow the run to its end; exit code 1 if it does not complete')
    .addOption(json())
    .action(async (name: string, options: InvokeOptions & { wait?: boolean; json?: boolean }) =>
      end(await invoke(context(), name, options)),
    );
  program
    .command('runs')
    .description('list runs, newest first')
    .addOption(new Option('--state <state>').choices(['running', 'completed', 'failed', 'cancelled']))
    .option('--task <task>')
    .option('--job <job>')
    .option('--limit <number>')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .addOption(json())
    .action(async (options: Parameters<typeof runs>[1]) => end(await runs(context(), options)));
  program
    .command('failures')
    .description('list what went wrong, newest first: dead letters, refused inputs, timeouts, lost instances')
    .addOption(new Option('--kind <kind>').choices(['dead_letter', 'refused', 'timeout', 'lost']))
    .option('--server <server>')
    .option('--since <time>', 'nothing from before, such as 2026-11-21T10:00:00Z')
    .option('--limit <number>')
    .option('--cursor <cursor>', 'go on where the page before ended')
    .addOption(json())
    .action(async (options: Parameters<typeof failures>[1]) => end(await failures(context(), options)));
  program
    .command('watch')
    .description('follow a run to its end; exit code 1 if it does not complete')
    .argument('<run>')
    .addOption(json())
    .action(async (run: string, options: { json?: boolean }) => end(await watch(context(), run, options)));
}

function inheritSettings(parent: Command): void {
  for (const command of parent.commands) {
    command.exitOverride().copyInheritedSettings(parent);
    inheritSettings(command);
  }
}

/** Runs one command line (without `node` and the script). Gives the exit code: 2 when the command itself failed. */
export async function runDyna(
  argv: readonly string[],
  world: { readonly env: NodeJS.ProcessEnv; readonly out: Sink; readonly err: Sink },
): Promise<number> {
  let code = 0;
  const context = (): Context => {
    const config = dynaConfig(world.env);
    return { config, api: new Api(config.url), terminal: new Terminal(world.out, world.err, config.color) };
  };
  const program = new Command('dyna')
    .description(
      'Cordyna on the command line. CORDYNA_URL says where Cerebro is (default http://127.0.0.1:7000).',
    )
    .exitOverride()
    .configureOutput({
      writeOut: (text) => world.out.write(text),
      writeErr: (text) => world.err.write(text),
    });
  addCommands(program, context, (given) => (code = given));
  addDefinitionCommands(program, context, (given) => (code = given));
  inheritSettings(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : FAILED;
    if (!(error instanceof CliError)) throw error;
    world.err.write(`dyna: ${error.message}\n${error.remedy ? `${error.remedy}\n` : ''}`);
    return FAILED;
  }
}
