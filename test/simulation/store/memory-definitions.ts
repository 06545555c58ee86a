import { DEFINITION_KINDS } from '@cordyna/protocol/model';
import type { DefinitionOf, DefinitionQueries } from '../../../apps/cerebro/src/coordination/ports/index.js';
import { ask, type Connection } from './memory-store.js';

/** What is defined, over a table in memory: as much of it as files need. */
export const memoryDefinitions = (connection: Connection): Pick<DefinitionQueries, 'all'> => ({
  all: () =>
    ask(connection, () =>
      [...connection.db.registry.definitions.values()]
        .flatMap(({ kind, name, version, body }): DefinitionOf[] =>
          body === null ? [] : [{ kind, name, version, body }],
        )
        .sort((a, b) => orderOf(a) - orderOf(b) || (a.name < b.name ? -1 : 1)),
    ),
});

const orderOf = ({ kind }: DefinitionOf): number => DEFINITION_KINDS.indexOf(kind);
