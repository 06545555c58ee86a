import { parseArgsStringToArgv } from 'string-argv';
import type { TaskContext } from '@cordyna/task-server';
import { runCommand } from '../command/run-command.js';
import type { ActivitySettings } from '../settings/settings.js';
import { argsOf, environmentOf, invalidActivity, mustBeAllowed } from './activity.js';

/**
 * The words of a command, a text with quotes or a list. Nothing else of a shell is understood: no variables, no pipes.
 * @throws TaskFailure `activity_invalid`
 */
export function wordsOf(cmd: unknown): string[] {
  const words = Array.isArray(cmd)
    ? cmd.map(String)
    : typeof cmd === 'string'
      ? parseArgsStringToArgv(cmd)
      : [];
  if (words.some((word) => word.includes('\0'))) throw invalidActivity('cmd: it holds a NUL character');
  return words;
}

/** What runs an activity `{ "cmd": … }` of a rule. */
export async function runCmdActivity(
  settings: ActivitySettings,
  place: { readonly env: Readonly<Record<string, string>>; readonly cwd: string },
  context: TaskContext,
): Promise<object> {
  const args = argsOf(context.event);
  const [program, ...rest] = wordsOf(args.activity.cmd);
  if (program === undefined || program === '') throw invalidActivity('cmd: it names no program');
  mustBeAllowed('program', program, settings.cmd ?? [], '`activities.cmd.programs`');
  const env = { ...place.env, ...environmentOf(args) };
  const command = { program, args: rest, env, cwd: place.cwd, timeoutMs: settings.timeoutMs };
  return runCommand(command, settings.logLines, context);
}
