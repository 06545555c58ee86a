import { jobBodyErrors } from '@cordyna/engine';
import type { JobBody } from '@cordyna/protocol/model';
import type { KindRules } from './kinds.js';

export const jobRules: KindRules = {
  check: (registry, name, body) => {
    const { errors, unresolved } = jobBodyErrors(registry, name, body as unknown as JobBody);
    return { errors, warnings: unresolved.map((task) => `no server declares ${task} yet`) };
  },
};
