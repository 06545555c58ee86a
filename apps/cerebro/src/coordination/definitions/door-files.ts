import { differences } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import { RequestRefused } from '../commands.js';
import {
  InvalidFile,
  type DefinitionQueries,
  type FileContent,
  type FileFormat,
  type SermosImport,
  type SermosOptions,
} from '../ports/index.js';
import type { ChangedBy, DefinitionChange, DefinitionResult } from './changes.js';
import type { Definitions } from './definitions.js';
import { Files, type Applied, type AppliedChange, type ApplyOptions } from './files.js';

/** Somebody else may change what is to be removed in the meantime. */
const ATTEMPTS = 3;

/** Files as changes of definitions, all in one request to the door. */
export class DoorFiles extends Files {
  constructor(
    private readonly format: FileFormat,
    private readonly definitions: Definitions,
    private readonly queries: Pick<DefinitionQueries, 'all'>,
  ) {
    super();
  }

  async apply(text: string, by: ChangedBy, { isDryRun, isPruning }: ApplyOptions): Promise<Applied> {
    const content = asRequest(() => this.format.read(text));
    for (let attempt = 1; ; attempt += 1) {
      const removals = isPruning ? await this.removals(content.changes) : [];
      try {
        const changes = [...content.changes, ...removals];
        const results = await this.definitions.change(changes, by, { isDryRun });
        return { dryRun: isDryRun, changes: results.map((result, at) => applied(result, changes[at])) };
      } catch (error) {
        if (!(error instanceof RequestRefused)) throw error;
        const isOvertaken = error.code === 'version_conflict' && attempt < ATTEMPTS;
        if (!isOvertaken) throw withPlaces(error, content);
      }
    }
  }

  async export(): Promise<string> {
    return this.format.write(await this.queries.all());
  }

  importSermos(text: string, options: SermosOptions): SermosImport {
    return asRequest(() => this.format.importSermos(text, options));
  }

  /** What names others goes before them. */
  private async removals(named: readonly DefinitionChange[]): Promise<readonly DefinitionChange[]> {
    const kept = new Set(named.map(({ kind, name }) => `${kind}/${name}`));
    const found = (await this.queries.all()).filter(({ kind, name }) => !kept.has(`${kind}/${name}`));
    return [...found].reverse().map(({ kind, name, version }): DefinitionChange => ({
      ...{ kind, name, action: 'remove', body: {}, path: '', expectedVersion: version },
    }));
  }
}

function asRequest<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof InvalidFile)) throw error;
    throw new RequestRefused('invalid_definition', error.message, error.errors);
  }
}

function withPlaces({ code, message, errors }: RequestRefused, { placeOf }: FileContent): RequestRefused {
  const placed = errors.map((error) => (error.path === '' ? error : { ...error, ...placeOf(error.path) }));
  return new RequestRefused(code, message, placed);
}

function applied(
  { before, ...result }: DefinitionResult,
  change: DefinitionChange | undefined,
): AppliedChange {
  if (result.outcome === 'unchanged') return { ...result, diff: [] };
  const after: JsonObject | null = change?.action === 'remove' ? null : (change?.body ?? null);
  if (before === null) return { ...result, diff: [{ op: 'add', path: '', after }] };
  if (after === null) return { ...result, diff: [{ op: 'remove', path: '', before }] };
  return { ...result, diff: differences(before, after) };
}
