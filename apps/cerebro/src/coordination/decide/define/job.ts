import { jobBodyErrors, jobFindings, policyOf, type Registry } from '@cordyna/engine';
import type { JobBody } from '@cordyna/protocol/model';
import { compilePattern } from '../patterns.js';
import type { KindRules } from './kinds.js';

const schedulesOf = ({ definitions }: Registry, job: string): readonly string[] =>
  [...definitions.values()]
    .filter(({ kind, body }) => kind === 'schedule' && body?.job === job)
    .map(({ name }) => name)
    .sort();

export const jobRules: KindRules = {
  check: (registry, name, body) => {
    const job = body as unknown as JobBody;
    const { errors, unresolved } = jobBodyErrors(registry, name, job);
    const policy = policyOf(registry);
    const findings = policy ? jobFindings(policy, name, job, compilePattern) : [];
    const warned = findings.filter(({ level }) => level === 'warn');
    return {
      errors: [...errors, ...findings.filter(({ level }) => level === 'refuse')],
      warnings: [
        ...warned.map(({ path, message }) => `${path} ${message}`.trim()),
        ...unresolved.map((task) => `no server declares ${task} yet`),
      ],
    };
  },
  // A schedule of a job that is not there would come due in vain, and a file with it could not be applied again.
  keeps: (registry, { name }) =>
    schedulesOf(registry, name).map((schedule) => ({
      path: '',
      message: `the schedule ${schedule} starts the job ${name}: change or remove it first (/api/v1/schedules/${schedule})`,
    })),
};
