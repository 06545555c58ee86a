import type { Process } from './process.js';
import type { Random } from './random.js';
import type { World } from './world.js';

/** How likely is what, per step; each seed has another mixture, and some faults not at all. */
export interface FaultPlan {
  readonly storeLost: number;
  readonly storeLate: number;
  readonly storeUnavailable: number;
  readonly storeCrash: number;
  readonly busLost: number;
  readonly busHeld: number;
  readonly slow: number;
  readonly killAtStep: number;
  readonly stopAtStep: number;
  readonly rewind: number;
  readonly duplicate: number;
  readonly poison: number;
  readonly control: number;
  readonly serverMisbehaves: number;
  readonly clockSkew: number;
  readonly storeOutagePerMinute: number;
  readonly busOutagePerMinute: number;
  readonly killPerMinute: number;
  readonly stopPerMinute: number;
  readonly restartPerMinute: number;
  readonly serverKillPerMinute: number;
}

const MOST: FaultPlan = {
  storeLost: 0.15,
  storeLate: 0.1,
  storeUnavailable: 0.05,
  storeCrash: 0.008,
  busLost: 0.08,
  busHeld: 0.08,
  slow: 0.05,
  killAtStep: 0.006,
  stopAtStep: 0.006,
  rewind: 0.3,
  duplicate: 0.15,
  poison: 0.1,
  control: 0.1,
  serverMisbehaves: 0.3,
  clockSkew: 0.5,
  storeOutagePerMinute: 3,
  busOutagePerMinute: 3,
  killPerMinute: 6,
  stopPerMinute: 8,
  restartPerMinute: 4,
  serverKillPerMinute: 6,
};

export type FaultKind = keyof FaultPlan;
export const FAULTS = Object.keys(MOST) as readonly FaultKind[];

/** @param without kinds that do not happen; `instead` takes the place of what the seed says */
export function planOf(
  random: Random,
  without: readonly FaultKind[] = [],
  instead: Partial<FaultPlan> = {},
): FaultPlan {
  const entries = FAULTS.map((kind) => {
    const share = chosen(random);
    return [kind, without.includes(kind) ? 0 : share * MOST[kind]] as const;
  });
  return { ...(Object.fromEntries(entries) as unknown as FaultPlan), ...instead };
}

function chosen(random: Random): number {
  const swarm = random.next();
  const strength = random.next();
  return swarm < 0.4 ? 0 : strength;
}

export type StoreFault = 'none' | 'unavailable' | 'lost' | 'answer lost' | 'late';
export type BusFault = 'none' | 'lost' | 'answer lost' | 'held';

/** Decides what goes wrong at each step, and counts it. Nothing does any more once the world is healed. */
export class Faults {
  readonly counts = new Map<string, number>();
  storeDown = false;
  /** When Kafka was away. */
  readonly busOutages: { readonly from: number; to: number }[] = [];
  private healed = false;
  /** A step to the outside takes at most so long where nothing goes wrong. */
  private readonly usualMs: number;

  constructor(
    readonly plan: FaultPlan,
    private readonly random: Random,
    private readonly world: World,
  ) {
    this.usualMs = random.pick([3, 6, 40]);
  }

  heal(): void {
    this.healed = true;
    this.storeDown = false;
    this.busIsBack();
  }

  get busDown(): boolean {
    return this.busOutages.at(-1)?.to === Infinity;
  }

  busGoes(): void {
    if (!this.busDown) this.busOutages.push({ from: this.world.now, to: Infinity });
  }

  busIsBack(): void {
    const last = this.busOutages.at(-1);
    if (last?.to === Infinity) last.to = this.world.now;
  }

  get isHealed(): boolean {
    return this.healed;
  }

  count(what: string): void {
    this.counts.set(what, (this.counts.get(what) ?? 0) + 1);
  }

  happens(what: FaultKind): boolean {
    if (this.healed || !this.random.chance(this.plan[what])) return false;
    this.count(what);
    return true;
  }

  latencyMs(): number {
    if (this.happens('slow')) return this.random.between(50, 1_500);
    return this.random.between(1, this.usualMs);
  }

  /** How often PostgreSQL has crashed: what was under way then is cut off. */
  crashes = 0;
  /** Ends every session. */
  onCrash: () => void = () => undefined;

  /** It is back after a while; what is committed is there. */
  crashStore(): void {
    this.crashes += 1;
    this.storeDown = true;
    this.onCrash();
    this.world.after(this.random.between(100, 3_000), null, () => (this.storeDown = false));
  }

  /** A coordinator may die or be stopped at each of its steps to the outside. */
  step(process: Process | null): void {
    if (!process?.isFragile) return;
    if (this.happens('killAtStep')) process.kill();
    else if (this.happens('stopAtStep')) this.stop(process);
  }

  stop(process: Process): void {
    process.stopUntil(this.world.now + this.random.between(300, 16_000));
  }

  store(): StoreFault {
    if (this.storeDown || this.happens('storeUnavailable')) return 'unavailable';
    if (this.happens('storeLost')) return this.lostWhole('storeAnswerLost');
    return this.happens('storeLate') ? 'late' : 'none';
  }

  bus(): BusFault {
    if (this.busDown) return 'lost';
    if (this.happens('busLost')) return this.lostWhole('busAnswerLost');
    return this.happens('busHeld') ? 'held' : 'none';
  }

  private lostWhole(orElse: string): 'lost' | 'answer lost' {
    if (this.random.chance(0.5)) return 'lost';
    this.count(orElse);
    return 'answer lost';
  }

  between(from: number, to: number): number {
    return this.random.between(from, to);
  }
}
