import { setTimeout as delay } from 'node:timers/promises';
import type { AnsweredFile, ChangedDefinition } from '../checker/happened.js';
import type { Random } from '../../simulation/world/random.js';
import { ask } from './ask.js';
import { FLAW, IMPORTED, IMPORTED_SCHEDULE, SERMOS } from './definitions.js';

const PAUSE_MS = { least: 1_500, most: 4_000 };

/** Files that are applied until it is answered; it imports some itself, of which some are wrong and some are only tried. */
export class Files {
  readonly told: AnsweredFile[] = [];
  private imported = 0;

  constructor(
    private readonly random: Random,
    private readonly urls: () => readonly string[],
  ) {}

  async run(until: AbortSignal): Promise<void> {
    const { random } = this;
    const ways = [() => this.importOne(), () => this.spoilOne(), () => this.tryOne()];
    for (let n = 0; !until.aborted; n++) {
      await (ways[n] ?? random.pick(ways))();
      await delay(random.between(PAUSE_MS.least, PAUSE_MS.most), undefined, { signal: until }).catch(
        () => undefined,
      );
    }
    const path = `schedules/${IMPORTED_SCHEDULE}`;
    await ask(this.random, this.urls, { method: 'DELETE', path, expected: [200, 404] });
  }

  /** @param names jobs that it has, each with the mark as its description */
  async apply(mark: string, file: string, names: readonly string[]): Promise<void> {
    const { changes } = await this.send('apply', file, [200]);
    this.told.push({ mark, names, outcome: 'applied', changes });
  }

  /** Twice at once, so that two coordinators may get the same file. */
  private async importOne(): Promise<void> {
    const [mark, file] = await this.translated();
    await Promise.all([1, 2].map(() => this.apply(mark, file, IMPORTED)));
  }

  private async spoilOne(): Promise<void> {
    const [mark, file] = await this.translated();
    await this.send('apply', `${file}${FLAW}`, [422]);
    this.told.push({ mark, names: IMPORTED, outcome: 'refused', changes: [] });
  }

  private async tryOne(): Promise<void> {
    const [mark, file] = await this.translated();
    const { changes } = await this.send('apply?dryRun=true', file, [200]);
    this.told.push({ mark, names: IMPORTED, outcome: 'tried', changes });
  }

  private async translated(): Promise<[mark: string, file: string]> {
    const mark = `import ${(this.imported += 1)}`;
    const body = JSON.stringify({ file: SERMOS, environment: { MARK: mark } });
    return [mark, (await this.send('import/sermos', body, [200], 'application/json')).file];
  }

  private async send(
    path: string,
    body: string,
    expected: readonly number[],
    type = 'application/yaml',
  ): Promise<{ readonly changes: readonly ChangedDefinition[]; readonly file: string }> {
    const answer = await ask(this.random, this.urls, { method: 'POST', path, expected, body, type });
    return answer as { changes: readonly ChangedDefinition[]; file: string };
  }
}
