import { jobBodyErrors, jobFindings, policyOf, startersOf } from '@cordyna/engine';
import type { JobBody } from '@cordyna/protocol/model';
import { compilePattern } from '../patterns.js';
import type { KindRules } from './kinds.js';

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
  // What starts a job that is not there would do so in vain, and a file with such a schedule could not be applied again.
  keeps: (registry, { name: job }) => {
    const { schedules, rules } = startersOf(registry, { job });
    const kept = (kind: string, name: string) => ({
      path: '',
      message: `the ${kind} ${name} starts the job ${job}: change or remove it first (/api/v1/${kind}s/${name})`,
    });
    return [
      ...schedules.map((schedule) => kept('schedule', schedule)),
      ...rules.map((rule) => kept('rule', rule)),
    ];
  },
};
