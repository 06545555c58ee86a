/** Safeguards that can be taken away at a port of the product, to show that the checks see it. */
export const SABOTAGES = [
  'no version check',
  'changed runs only',
  'freshness unchecked',
  'dedupe forgotten',
  'no read-back',
  'no fence',
  'no watermark',
  'no stall grace',
  'no snapshot',
] as const;
export type Sabotage = (typeof SABOTAGES)[number];
