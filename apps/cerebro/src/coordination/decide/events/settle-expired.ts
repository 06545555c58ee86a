import type { Expired } from '@cordyna/engine';
import type { WorkingSet } from '../../working-set.js';

export const settleExpired = (rule: string, { signal, reason }: Expired, work: WorkingSet): void =>
  work.events.settle({ signal, rule, outcome: 'expired', reason, firing: null });
