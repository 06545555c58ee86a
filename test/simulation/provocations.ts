import type { Options } from './simulate.js';
import type { Sabotage } from './world/sabotages.js';
import { FAULTS, type FaultPlan } from './world/faults.js';

const CALM = Object.fromEntries(FAULTS.map((kind) => [kind, 0])) as unknown as FaultPlan;

/** Two teams' tasks that others wait for, asked for again and again at the same moments, before three coordinators. */
const MEETING = {
  coordinators: 3,
  declarations: [
    { server: 's1', tasks: [{ name: 'left' }] },
    { server: 's2', tasks: [{ name: 'right' }] },
    {
      server: 's3',
      tasks: ['a', 'b', 'c', 'd'].map((name) => ({ name, dependsOn: ['s1.left', 's2.right'] })),
    },
  ],
  tasks: ['s1.left', 's2.right'],
  lists: new Set<string>(),
  withdrawn: null,
  workMs: 20,
  bursts: 30,
  troubleMs: 25_000,
  hasAuthors: false,
  limit: null,
};

/** The faults that each safeguard is there for, and nothing else: without it the checks see that in one seed or the next. */
export const PROVOCATIONS: Readonly<Record<Sabotage, Options & { readonly seen: RegExp }>> = {
  'no version check': {
    plan: { ...CALM, rewind: 0.3, stopPerMinute: 8 },
    scenario: { coordinators: 3 },
    seen: /cannot be folded|was applied twice|stale attempt|is in the history twice/,
  },
  'changed runs only': { plan: CALM, scenario: MEETING, seen: /took .* twice/ },
  'freshness unchecked': { plan: CALM, scenario: MEETING, seen: /took .* twice/ },
  'dedupe forgotten': {
    plan: { ...CALM, rewind: 0.3, killPerMinute: 6 },
    seen: /is in the history twice/,
  },
  'no read-back': { plan: { ...CALM, busLost: 0.2 }, scenario: MEETING, seen: /2 invoke records/ },
  'no fence': { plan: { ...CALM, busHeld: 0.3 }, seen: /2 invoke records/ },
  'no watermark': {
    plan: { ...CALM, killPerMinute: 10, stopPerMinute: 10 },
    scenario: MEETING,
    seen: /came in time|found lost though/,
  },
  'no stall grace': {
    plan: { ...CALM, busOutagePerMinute: 6 },
    scenario: MEETING,
    seen: /right after Kafka had been away/,
  },
  'no snapshot': { plan: CALM, seen: /places free and was believed to have/ },
};
