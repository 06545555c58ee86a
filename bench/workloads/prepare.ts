import type { BenchClient } from '../client/client.js';
import { warmUpTable } from '../figures/warm-up-table.js';
import type { Workload } from '../options.js';
import type { BenchStack } from '../stack/installation.js';
import { calibrationOf, subjectsOf, type Subject } from './subjects.js';
import type { ThroughputWorkload } from './throughput.js';
import { warmUp, type Warmed } from './warm-up.js';

/** What warms up for what: a load without shapes of its own has those of others. */
const WARMED_BY: { readonly [W in Workload]?: readonly ThroughputWorkload[] } = {
  W1: ['W1'],
  W2: ['W2'],
  W3: ['W3', 'W3 calls'],
  W4: ['W3'],
  W5: ['W3'],
  W6: ['W1', 'W2', 'W3'],
};
/** In which others than Cordyna are measured, too. */
const WITH_OTHERS: readonly Workload[] = ['W1', 'W2', 'W3'];

const warmedBy = (workloads: readonly Workload[]): readonly ThroughputWorkload[] => [
  ...new Set(workloads.flatMap((workload) => WARMED_BY[workload] ?? [])),
];

/** Everything that is to be measured has been done before, with messages as large as Cordyna's beside it. */
export async function prepare(
  workloads: ReadonlySet<Workload>,
  warmUpMs: number,
  stack: BenchStack,
  client: BenchClient,
  say: (text: string) => void,
): Promise<{ readonly subjects: readonly Subject[]; readonly warmed: readonly Warmed[] }> {
  if (!stack.bullmq) say('BullMQ is not measured: there is no redis-server on the PATH');
  const [cordyna, ...others] = subjectsOf(stack, client);
  const compared = warmedBy(WITH_OTHERS.filter((name) => workloads.has(name)));
  const plans = [
    { subject: cordyna, workloads: warmedBy([...workloads]) },
    ...others.map((subject) => ({ subject, workloads: compared })),
    { subject: calibrationOf(stack), workloads: ['W1', 'W2', 'W3'] as const },
  ];
  const from = await client.log.end();
  const warmed = await warmUp(plans, warmUpMs, async () => {
    if (compared.length === 0) return;
    const sizes = await client.log.sizes('bench', from);
    say(`messages: an invoke has ${sizes.invoke} bytes, a completion ${sizes.completed}`);
    for (const child of [...Object.values(stack.relays), ...Object.values(stack.echoes)])
      await child.ask('sizes', sizes);
  });
  say(warmUpTable(warmed));
  return { subjects: [cordyna, ...others], warmed };
}
