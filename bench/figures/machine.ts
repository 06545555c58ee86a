import { cpus, totalmem } from 'node:os';

export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly memoryGiB: number;
  readonly node: string;
  /** The class of machine on which the figures of other systems were taken. */
  readonly isReference: boolean;
}

export function machine(): Machine {
  const all = cpus();
  const cpu = all[0]?.model.trim() ?? 'unknown';
  const memoryGiB = Math.round(totalmem() / 2 ** 30);
  const isReference = /EPYC/.test(cpu) && all.length === 2 && memoryGiB >= 22;
  return { cpu, cores: all.length, memoryGiB, node: process.version, isReference };
}
