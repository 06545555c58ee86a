import type { Member, Plan, RunSeed } from '@cordyna/engine';
import { storable } from './stored-text.js';

type Fields = Omit<Member, 'index' | 'task'>;
type PackedMember = Pick<Member, 'task'> & Partial<Fields>;

interface PackedPlan extends Omit<Plan, 'members'> {
  /** What most members have; those that have something else say so themselves. */
  readonly common: Partial<Fields>;
  readonly members: readonly PackedMember[];
}

/** A seed as the database holds it. Before plans were packed they were stored whole. */
type StoredSeed = Omit<RunSeed, 'plan'> & { readonly plan: PackedPlan | Plan };

const texts = new WeakMap<Plan, string>();

/**
 * The seed as JSON. Runs of the same task share their plan, whose text is made once.
 * @throws StoreRefused a text that PostgreSQL does not know
 */
export function seedText({ plan, ...rest }: RunSeed): string {
  let text = texts.get(plan);
  if (text === undefined) {
    text = storable(JSON.stringify(packed(plan)));
    texts.set(plan, text);
  }
  return `${storable(JSON.stringify(rest)).slice(0, -1)},"plan":${text}}`;
}

/** @param text as it is stored */
export function seedOf(text: string): RunSeed {
  const stored = JSON.parse(text) as StoredSeed;
  const { plan } = stored;
  if (!('common' in plan)) return { ...stored, plan };
  const { common, members, ...rest } = plan;
  const whole = members.map((member, index) => ({ ...common, ...member, index }) as Member);
  return { ...stored, plan: { ...rest, members: whole } };
}

/** A run of 1,000 tasks has 1,000 times the same timeouts: as one copy it is a tenth to send, parse and keep. */
function packed({ members, ...rest }: Plan): PackedPlan {
  const fields = members.map(({ index: _index, task: _task, ...others }) => Object.entries(others));
  const counts = new Map<string, number>();
  const idOf = (name: string, value: unknown): string => `${name} ${JSON.stringify(value)}`;
  for (const [name, value] of fields.flat()) {
    const id = idOf(name, value);
    counts.set(id, (counts.get(id) ?? 0) + 1);
  }
  // What one member lacks is common to none: it would be given to it.
  const named = fields
    .flat()
    .reduce((all, [name]) => all.set(name, (all.get(name) ?? 0) + 1), new Map<string, number>());
  const most = new Map<string, { readonly id: string; readonly value: unknown }>();
  for (const [name, value] of fields.flat()) {
    const id = idOf(name, value);
    if ((named.get(name) ?? 0) < members.length) continue;
    const best = most.get(name);
    if (!best || (counts.get(id) ?? 0) > (counts.get(best.id) ?? 0)) most.set(name, { id, value });
  }
  return {
    ...rest,
    common: Object.fromEntries([...most].map(([name, { value }]) => [name, value])),
    members: members.map(({ task }, at) => ({
      task,
      ...Object.fromEntries(
        (fields[at] ?? []).filter(([name, value]) => idOf(name, value) !== most.get(name)?.id),
      ),
    })),
  };
}
