import { setTimeout as delay } from 'node:timers/promises';
import type { Random } from '../../simulation/world/random.js';
import { ask } from './ask.js';
import { CHANGED, every, fileOf, markOf, PAUSED, TWINS } from './definitions.js';
import type { Files } from './files.js';

const PAUSE_MS = { least: 500, most: 3_000 };
const EVERY_MS = [700, 1_100, 1_700];

/** People who change what is defined, while everything else happens: schedules over HTTP, and all of it by files. */
export class Authors {
  private edition = 0;
  private isPaused = false;

  constructor(
    private readonly random: Random,
    private readonly urls: () => readonly string[],
    private readonly files: Files,
  ) {}

  /** The first edition, before anything else happens: rules see what comes after them. */
  async begin(): Promise<void> {
    await this.apply();
    await this.change();
  }

  async run(until: AbortSignal): Promise<void> {
    while (!until.aborted) {
      await this.random.pick([() => this.change(), () => this.pauseOrResume(), () => this.apply()])();
      await delay(this.random.between(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal: until }).catch(
        () => undefined,
      );
    }
    await this.ask('DELETE', `schedules/${CHANGED}`, undefined, [200, 404]);
    await this.ask('DELETE', `schedules/${PAUSED}`, undefined, [200, 404]);
  }

  private async change(): Promise<void> {
    const body = every(this.random.pick(EVERY_MS), this.random.pick(['skip', 'allow'] as const));
    await this.ask('PUT', `schedules/${CHANGED}`, JSON.stringify(body), [200, 201]);
  }

  private async pauseOrResume(): Promise<void> {
    this.isPaused = !this.isPaused;
    await this.ask('POST', `schedules/${PAUSED}/${this.isPaused ? 'pause' : 'resume'}`, '{}', [200, 409]);
  }

  /** Twice at once, so that two coordinators may get the same file. */
  private async apply(): Promise<void> {
    this.edition += 1;
    const mark = markOf(this.edition);
    await Promise.all([1, 2].map(() => this.files.apply(mark, fileOf(this.edition), TWINS)));
  }

  private ask(method: string, path: string, body: string | undefined, expected: readonly number[]) {
    return ask(this.random, this.urls, { method, path, expected, ...(body === undefined ? {} : { body }) });
  }
}
