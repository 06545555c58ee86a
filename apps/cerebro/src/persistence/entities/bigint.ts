/** For counts that stay far below 2^53; the driver gives bigint as text. */
export const countTransformer = {
  to: (value: number): number => value,
  from: (value: string): number => Number(value),
};
