import type { Changes } from './ports/index.js';

type Sign = Changes['signsOfLife'][number];

/** The last sign of life of each instance in a batch. */
export class SignsOfLife {
  private readonly signs = new Map<string, { -readonly [F in keyof Sign]: Sign[F] }>();
  private server = '';
  private instance = '';
  private latest = { sentAt: 0 };

  add(server: string, instance: string, sentAt: number): void {
    // Nearly all of a batch are of one instance.
    if (this.server !== server || this.instance !== instance) {
      const sign = { server, instance, sentAt };
      this.signs.set(`${server}/${instance}`, sign);
      this.latest = sign;
      this.server = server;
      this.instance = instance;
    }
    this.latest.sentAt = sentAt;
  }

  all(): readonly Sign[] {
    return [...this.signs.values()];
  }
}
