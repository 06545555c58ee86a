import type { DefinitionKind } from '@cordyna/protocol/model';
import type { DataSource } from 'typeorm';
import { DefinitionQueries } from '../../coordination/ports/index.js';
import { askerOf, type Asker } from './asker.js';
import { allDefinitions, listDefinitions, listVersions, oneDefinition } from './definitions.js';

interface PageOf {
  readonly limit: number;
  readonly cursor?: string;
}

/** What the API reads of definitions. Every question may throw StoreUnavailable besides what the port says. */
export class TypeOrmDefinitionQueries extends DefinitionQueries {
  private readonly ask: Asker;

  constructor(connected: () => Promise<DataSource>) {
    super();
    this.ask = askerOf(connected);
  }

  definitions(kind: DefinitionKind, page: PageOf) {
    return this.ask((source) => listDefinitions(source, kind, page));
  }

  all() {
    return this.ask(allDefinitions);
  }

  definition(kind: DefinitionKind, name: string, version?: number) {
    return this.ask((source) => oneDefinition(source, kind, name, version));
  }

  versions(kind: DefinitionKind, name: string, page: PageOf) {
    return this.ask((source) => listVersions(source, kind, name, page));
  }
}
