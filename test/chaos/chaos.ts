import { closeAll } from '@cordyna/testkit';
import { entryOf, type Entry } from './ledger/entry.js';
import { measureCoordinators, type Measured } from './measure/coordinators.js';
import { diskOf, measureOutage, type MeasuredOutage, type OutageOptions } from './measure/outage.js';
import { playSession } from './session.js';
import { AS_IN_PRODUCTION } from './settings.js';
import { startMachines, type Disk, type Machines } from './stack/machines.js';

export interface ChaosOptions {
  readonly minutes: number;
  readonly seed: number;
  readonly perSecond: number;
  readonly say: (line: string) => void;
  readonly logs?: string;
  /** Is told of each session when it is judged. */
  readonly onEntry: (entry: Entry) => void;
}

/** A session is short enough for all that it wrote to be judged in memory. */
const SESSION_MINUTES = 4;

/** Sessions with seeds from `seed` on, for so many minutes of load and faults. Gives whether every invariant held. */
export function chaos({ minutes, seed, perSecond, say, logs, onEntry }: ChaosOptions): Promise<boolean> {
  return onMachines(say, async (machines) => {
    let held = true;
    for (let left = minutes, n = 0; left > 0; left -= SESSION_MINUTES, n++) {
      const troubleMs = Math.min(left, SESSION_MINUTES) * 60_000;
      say(`session with seed ${seed + n}, ${troubleMs / 1_000} s`);
      const options = { ...AS_IN_PRODUCTION, seed: seed + n, troubleMs, perSecond, say, logs };
      const session = await playSession(machines, options);
      for (const { invariant, what } of session.report.violations) say(`VIOLATION ${invariant}: ${what}`);
      held &&= session.report.violations.length === 0;
      onEntry(entryOf(session, options));
    }
    return held;
  });
}

/** Two and three coordinators that share the work, while one of them is stopped, and another one killed. */
export function measure(
  options: Pick<ChaosOptions, 'seed' | 'perSecond' | 'say'> & {
    readonly onMeasured: (measured: Measured) => void;
  },
): Promise<boolean> {
  return onMachines(options.say, async (machines) => {
    let held = true;
    for (const coordinators of [2, 3]) {
      const measured = await measureCoordinators(machines, coordinators, options);
      held &&= measured.violations === 0;
      options.onMeasured(measured);
    }
    return held;
  });
}

/** Kafka or PostgreSQL is away for long, or its disk is full. */
export const outage = (
  options: OutageOptions & { readonly onMeasured: (measured: MeasuredOutage) => void },
): Promise<boolean> =>
  onMachines(
    options.say,
    async (machines) => {
      const measured = await measureOutage(machines, options);
      options.onMeasured(measured);
      return measured.violations === 0;
    },
    diskOf(options.outage),
  );

async function onMachines<T>(
  say: (line: string) => void,
  work: (machines: Machines) => Promise<T>,
  small: Disk | null = null,
): Promise<T> {
  try {
    return await work(await startMachines({ small }));
  } finally {
    for (const failure of await closeAll()) say(failure);
  }
}
