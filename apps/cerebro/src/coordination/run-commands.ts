import { v7 as uuidv7 } from 'uuid';
import { graphOf, type Input } from '@cordyna/engine';
import { requestTrigger, type RunRequest } from '@cordyna/protocol/model';
import { Backlog } from './backlog.js';
import { Commands, RequestRefused } from './commands.js';
import type { DatabaseClock } from './database-clock.js';
import type { Door } from './door.js';
import { withRunInLowerCase } from './inbound.js';
import type { Store } from './ports/index.js';
import { refusal, withLimit } from './refusal.js';

/** What people ask for over HTTP: proposals to the door like all others, answered once they are committed. */
export class RunCommands extends Commands {
  constructor(
    private readonly door: Door,
    private readonly store: Store,
    private readonly clock: DatabaseClock,
    private readonly newRunId: () => string = uuidv7,
    private readonly backlog = new Backlog(Number.POSITIVE_INFINITY),
  ) {
    super();
  }

  async requestRun(
    request: RunRequest,
    source: string,
    traceparent?: string,
  ): Promise<{ run: string; created: boolean }> {
    this.backlog.check();
    const outcome = await withLimit(
      this.door.submit({
        kind: 'run-requested',
        source,
        at: this.clock.now(),
        request: withRunInLowerCase(request),
        trigger: requestTrigger(request, source),
        ...(traceparent === undefined ? {} : { traceparent }),
        fallbackKey: null,
        newRun: this.newRunId(),
        where: null,
      }),
    );
    if (outcome.kind === 'run') return { run: outcome.run, created: outcome.created };
    throw refusal(outcome);
  }

  cancelRun(run: string, reason: string, source: string): Promise<void> {
    return this.propose(run, { kind: 'cancel', reason }, source);
  }

  async retryRun(run: string, source: string): Promise<void> {
    this.backlog.check();
    return this.propose(run, { kind: 'retry' }, source);
  }

  private async propose(run: string, input: Input, source: string): Promise<void> {
    const outcome = await withLimit(this.door.submit({ kind: 'run-input', run, source, input }));
    if (outcome.kind !== 'done') throw refusal(outcome);
  }

  async graph() {
    const needs = { runs: [], freshness: [], keys: [], schedules: [], positions: [], registry: true };
    const { registry } = await this.store.load(needs);
    if (!registry) throw new RequestRefused('unavailable', 'the registry cannot be read');
    return graphOf(registry.value);
  }
}
