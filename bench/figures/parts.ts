/** A part of a run of the bench. */
export interface Part {
  readonly name: string;
  readonly seconds: number;
}

/** Where a run's time goes: each part begins where the one before it ended, the first one with the process. */
export class Stopwatch {
  private readonly ended: { readonly name: string; readonly at: number }[] = [];

  /** @param now milliseconds since the process began */
  constructor(private readonly now: () => number = () => performance.now()) {}

  end(name: string): void {
    this.ended.push({ name, at: this.now() });
  }

  get parts(): readonly Part[] {
    return this.ended.map(({ name, at }, index) => ({
      name,
      seconds: (at - (this.ended[index - 1]?.at ?? 0)) / 1_000,
    }));
  }
}

export function partsTable(parts: readonly Part[]): string {
  const total = parts.reduce((sum, { seconds }) => sum + seconds, 0);
  const each = parts.map(({ name, seconds }) => `${name} ${seconds.toFixed(1)}`);
  return `seconds: ${each.join(', ')}; together ${total.toFixed(1)}`;
}
