/** Reports are requested this far apart at least: what changed meanwhile is in the next one. */
const APART_MS = 1_000;
/** For a report that was requested and never asked for, say because its run was cancelled. */
const GIVEN_UP_MS = 60_000;

/** Has a report made whenever the flow looks different than in the last one; one at a time. */
export class Reporter {
  private reported = '';
  private wanted = '';
  private requestedAtMs = -Infinity;
  private isOpen = false;
  private timer: NodeJS.Timeout | undefined;

  /** @param request asks for a run of the reporting task */
  constructor(
    private readonly request: () => Promise<unknown>,
    private readonly failed: (error: Error) => void,
  ) {}

  /** @param state all that a report says, but for the time */
  sees(state: string): void {
    this.wanted = state;
    this.requestSoon();
  }

  /** The report is being made. */
  reports(state: string): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    [this.reported, this.wanted, this.isOpen] = [state, state, false];
  }

  stop(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.isOpen = true;
  }

  private requestSoon(): void {
    if (this.wanted === this.reported || this.timer) return;
    const now = Date.now();
    const at = this.requestedAtMs + (this.isOpen ? GIVEN_UP_MS : APART_MS);
    this.timer = setTimeout(() => this.requestNow(), Math.max(0, at - now));
    this.timer.unref();
  }

  private requestNow(): void {
    this.timer = undefined;
    if (this.wanted === this.reported) return;
    this.requestedAtMs = Date.now();
    this.isOpen = true;
    this.request().catch((error: Error) => {
      this.isOpen = false;
      this.failed(error);
    });
  }
}
