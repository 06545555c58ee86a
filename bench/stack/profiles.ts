import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { StatementStatistics } from '../profile/statements.js';

const WRITTEN_MS = 30_000;
const BEGUN_MS = 200;

/** A CPU profile of each of our processes for each workload, and what PostgreSQL spent its time on. */
export class Profiles {
  constructor(
    private readonly dir: string | null,
    private readonly settingsFile: string,
    /** By the name that the process gives its file. */
    private readonly pids: Readonly<Record<string, number>>,
    private readonly statements: StatementStatistics | null,
  ) {}

  async around<T>(workload: string, work: () => Promise<T>): Promise<T> {
    if (this.dir === null) return work();
    const target = join(this.dir, workload);
    await writeFile(this.settingsFile, target);
    await this.statements?.reset();
    await this.toggle();
    try {
      return await work();
    } finally {
      await this.toggle();
      await this.statements?.write(`${target}-postgresql.txt`);
      await this.written(Object.keys(this.pids).map((name) => `${target}-${name}.cpuprofile`));
    }
  }

  private async toggle(): Promise<void> {
    for (const pid of Object.values(this.pids)) process.kill(pid, 'SIGUSR2');
    await delay(BEGUN_MS);
  }

  private async written(files: readonly string[]): Promise<void> {
    const end = performance.now() + WRITTEN_MS;
    while (!files.every((file) => existsSync(file))) {
      if (performance.now() > end) throw new Error(`not all of ${files.join(', ')} were written`);
      await delay(50);
    }
  }
}
