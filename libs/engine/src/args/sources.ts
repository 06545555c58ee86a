import type { Member, RunSeed } from '../model/index.js';
import type { ArgsSource } from './merge-args.js';

/** The sources of a member's arguments that are known before it runs, in their order of precedence (protocol: later win). */
export const argsSources = (seed: RunSeed, member: Member): ArgsSource[] => [
  { origin: 'definition', args: member.args },
  { origin: 'job', args: seed.jobArgs },
  { origin: 'run', args: seed.args },
  { origin: 'job-task', args: member.jobTaskArgs },
  { origin: 'task', args: seed.taskArgs[member.task] ?? {} },
];
