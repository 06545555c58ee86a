import type { Changes, RegistryChange } from '../../../coordination/ports/index.js';
import { part } from '../../sql/part.js';
import { prepared, type Statement } from '../../sql/statement.js';

const check = part('registry_check', {
  changes: 'registered AS (SELECT version FROM registry FOR SHARE)',
  answers: `cordyna_expect((SELECT version FROM registered), $1, 'registry')`,
});

const raise = prepared(
  'registry_raise',
  `WITH raised AS (UPDATE registry SET version = version + 1 RETURNING version - 1 AS was)
   SELECT cordyna_expect(was, coalesce($1::bigint, was), 'registry') FROM raised`,
);

const declare = prepared(
  'servers_declare',
  `INSERT INTO servers (server, version, team, contact, description, tasks, declaration, definition)
   SELECT server, version, team, contact, description,
          ARRAY(SELECT jsonb_array_elements_text(tasks::jsonb)), declaration::jsonb, definition::jsonb
   FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[])
     AS d (server, version, team, contact, description, tasks, declaration, definition)
   ORDER BY server
   ON CONFLICT (server) DO UPDATE SET
     version = excluded.version, team = excluded.team, contact = excluded.contact,
     description = excluded.description, tasks = excluded.tasks, declaration = excluded.declaration,
     definition = excluded.definition, declared_at = now(), withdrawn_at = NULL, notices = '[]'`,
);

const withdraw = prepared(
  'servers_withdraw',
  `UPDATE servers SET withdrawn_at = now() WHERE server = ANY ($1::text[])`,
);

const notify = prepared(
  'servers_notify',
  `UPDATE servers s SET notices = n.notices::jsonb
   FROM unnest($1::text[], $2::text[]) AS n (server, notices) WHERE s.server = n.server`,
);

const define = prepared(
  'definitions_insert',
  `INSERT INTO definitions (kind, name, version, body, author, reason)
   SELECT kind, name, version, body::jsonb, author, reason
   FROM unnest($1::text[], $2::text[], $3::bigint[], $4::text[], $5::text[], $6::text[])
     AS d (kind, name, version, body, author, reason)
   ORDER BY kind, name, version`,
);

type Define = Extract<RegistryChange, { kind: 'define' }>;
type Declare = Extract<RegistryChange, { kind: 'declare' }>;

/** Of several changes of a server in one batch the last one is in force. */
function inForce(changes: readonly RegistryChange[]): {
  declared: Declare[];
  withdrawn: string[];
  notices: ReadonlyMap<string, readonly string[]>;
} {
  const notices = new Map<string, readonly string[]>();
  const declared = new Map<string, Declare>();
  const withdrawn = new Set<string>();
  for (const change of changes) {
    if (change.kind === 'withdraw') {
      withdrawn.add(change.server);
      notices.delete(change.server);
    } else if (change.kind === 'notify') {
      notices.set(change.server, change.notices);
    } else if (change.kind === 'declare') {
      declared.set(change.server.server, change);
      withdrawn.delete(change.server.server);
      notices.delete(change.server.server);
    }
  }
  return { declared: [...declared.values()], withdrawn: [...withdrawn], notices };
}

/** Compares the registry's version with the one that was read, and raises it once when declarations change. */
export function lockRegistry({ read, changes }: Changes['registry']): Statement[] {
  if (changes.length > 0) return [raise(read)];
  return read === null ? [] : [check(read)];
}

/** Tasks that are declared from now on. */
export const declaredTasks = ({ changes }: Changes['registry']): readonly string[] =>
  inForce(changes).declared.flatMap(({ tasks }) => tasks);

/** The declarations themselves; the registry's lock guards them. */
export function writeDeclarations({ changes }: Changes['registry']): Statement[] {
  const { declared, withdrawn, notices } = inForce(changes);
  const statements: Statement[] = [];
  if (declared.length > 0) {
    statements.push(
      declare(
        declared.map(({ server }) => server.server),
        declared.map(({ server }) => server.version),
        declared.map(({ server }) => server.team),
        declared.map(({ server }) => server.contact),
        declared.map(({ server }) => server.description),
        declared.map(({ tasks }) => JSON.stringify(tasks)),
        declared.map(({ declaration }) => JSON.stringify(declaration)),
        declared.map(({ server }) => JSON.stringify(server)),
      ),
    );
  }
  if (withdrawn.length > 0) statements.push(withdraw(withdrawn));
  if (notices.size > 0)
    statements.push(
      notify(
        [...notices.keys()],
        [...notices.values()].map((own) => JSON.stringify(own)),
      ),
    );
  const defined = changes.filter((change): change is Define => change.kind === 'define');
  if (defined.length > 0) statements.push(insertDefinitions(defined));
  return statements;
}

/** Every version stays. */
const insertDefinitions = (changes: readonly Define[]): Statement =>
  define(
    changes.map(({ definition }) => definition.kind),
    changes.map(({ definition }) => definition.name),
    changes.map(({ definition }) => definition.version),
    changes.map(({ definition: { body } }) => (body === null ? null : JSON.stringify(body))),
    changes.map(({ author }) => author),
    changes.map(({ reason }) => reason),
  );
