import type { Evidence } from './evidence.js';
import type { Log } from './log.js';
import type { Violation } from './verdict.js';
import { atOnce, groupedBy, worksOf, type Work } from './works.js';

/**
 * I12: never are more attempts of a task at work than its limits allow. Whoever holds a place holds it from before the
 * invoke until the end is known, so what is counted, from the first that is told of it to the append of its end, lies within.
 */
export function checkLimits(evidence: Evidence, log: Log): Violation[] {
  if (log.limits.size === 0) return [];
  const found: Violation[] = [];
  const works = worksOf(evidence, log, (task) => log.limits.has(task));
  for (const [task, limits] of log.limits) {
    for (const { max, key } of limits) {
      const placeOf = ({ invocation }: Work): string => {
        const args = log.invokes.get(invocation)?.[0]?.data.args ?? {};
        return key === undefined ? task : `${task} (${key}=${JSON.stringify(args[key] ?? null)})`;
      };
      for (const [place, all] of groupedBy(works.get(task) ?? [], placeOf)) {
        const most = atOnce(all);
        if (most > max)
          found.push({ invariant: 'I12', what: `${most} attempts of ${place} at once: ${max} may be` });
      }
    }
  }
  return found;
}
