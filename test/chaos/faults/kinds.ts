/** `lengthMs`: how long it lasts; a session of Kafka's lasts 6 s. */
interface KindOfFault {
  readonly lengthMs: { readonly least: number; readonly most: number };
}

export const KINDS = {
  'coordinator killed': { lengthMs: { least: 0, most: 3_000 } },
  'coordinator stopped': { lengthMs: { least: 8_000, most: 14_000 } },
  'coordinator stopped in a transaction': { lengthMs: { least: 8_000, most: 12_000 } },
  'coordinator ended': { lengthMs: { least: 0, most: 2_000 } },
  'task server killed': { lengthMs: { least: 0, most: 3_000 } },
  'task server stopped': { lengthMs: { least: 8_000, most: 20_000 } },
  'task server ended': { lengthMs: { least: 0, most: 2_000 } },
  'Kafka killed': { lengthMs: { least: 0, most: 5_000 } },
  'PostgreSQL stopped at once': { lengthMs: { least: 0, most: 4_000 } },
  'network slow': { lengthMs: { least: 3_000, most: 6_000 } },
  'network reset': { lengthMs: { least: 0, most: 0 } },
  'network a black hole': { lengthMs: { least: 3_000, most: 12_000 } },
  'bytes held back': { lengthMs: { least: 4_000, most: 9_000 } },
} as const satisfies Readonly<Record<string, KindOfFault>>;
export type Kind = keyof typeof KINDS;
