import type { DefinitionKind } from '@cordyna/protocol/model';
import type { DefinitionQueries } from '../../coordination/index.js';
import {
  type ChangedBy,
  type DefinitionChange,
  type DefinitionResult,
  type Definitions,
  type DefinitionView,
  type Page,
} from '../../coordination/index.js';
import { ProblemError } from '../problem/problem-kinds.js';
import { toDefinitionBody, toExpectedVersion } from '../request/definition-body.js';

interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

/** What a call that defines something answers. */
export type Defined = Omit<DefinitionResult, 'kind' | 'before'>;

/** What the calls of one kind of definition have in common; each kind's controller describes them. */
export class DefinitionRoutes {
  constructor(
    private readonly kind: DefinitionKind,
    private readonly isName: (name: string) => boolean,
    private readonly changes: Definitions,
    private readonly queries: DefinitionQueries,
  ) {}

  async create(sent: unknown): Promise<Defined> {
    const { name, body, ...by } = toDefinitionBody(this.kind, sent);
    if (name === null || !this.isName(name)) {
      const message = name === null ? 'is required' : 'must be a name: 1 to 64 of a-z, 0-9, "_", "-"';
      throw new ProblemError('invalid-definition', `/name ${message}`, [{ path: '/name', message }]);
    }
    return this.change({ name, action: 'create', body }, by);
  }

  async put(name: string, sent: unknown, ifMatch: string | undefined): Promise<Defined> {
    const { name: own, body, ...by } = toDefinitionBody(this.kind, sent);
    if (own !== null && own !== name)
      throw new ProblemError('invalid-definition', '/name must be the one of the path', [
        { path: '/name', message: 'must be the one of the path' },
      ]);
    return this.change({ name, action: 'put', body, ...toExpectedVersion(ifMatch) }, by);
  }

  remove(name: string, by: Partial<ChangedBy>, ifMatch: string | undefined): Promise<Defined> {
    const { author = null, reason = null } = by;
    const change = { name, action: 'remove', body: {}, ...toExpectedVersion(ifMatch) } as const;
    return this.change(change, { author, reason });
  }

  list(page: PageOf): Promise<Page<DefinitionView>> {
    return this.queries.definitions(this.kind, page);
  }

  async one(name: string, version?: number): Promise<DefinitionView> {
    const found = await this.queries.definition(this.kind, name, version);
    if (found) return found;
    const what = version === undefined ? '' : `version ${version} of `;
    throw new ProblemError('unknown-definition', `there is no ${what}${this.kind} ${name}`);
  }

  async versions(name: string, page: PageOf): Promise<Page<DefinitionView>> {
    const found = await this.queries.versions(this.kind, name, page);
    if (found.items.length > 0 || page.cursor !== undefined) return found;
    throw new ProblemError('unknown-definition', `there never was a ${this.kind} ${name}`);
  }

  private async change(change: Omit<DefinitionChange, 'kind' | 'path'>, by: ChangedBy): Promise<Defined> {
    const [result] = await this.changes.change([{ ...change, kind: this.kind, path: '' }], by);
    if (!result) throw new Error('one change has one result');
    const { name, outcome, version, warnings } = result;
    return { name, outcome, version, warnings };
  }
}
