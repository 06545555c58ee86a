import { Query, type Connection, type QueryResult } from 'pg';
import type { Statement } from './statement.js';

/** How the client hands over what the server answers; `pg-cursor` and `pg-query-stream` rest on the same. */
interface Answers {
  handleRowDescription(message: RowDescription): void;
  handleDataRow(message: unknown): void;
  handleCommandComplete(message: unknown, connection: Connection): void;
  handleEmptyQuery(connection: Connection): void;
  handleReadyForQuery(connection: Connection): void;
  handleError(error: Error, connection: Connection): void;
}

/** Names of statements that were sent to be parsed, which the client keeps until the server has done so. */
interface Submitted {
  readonly submittedNamedStatements: Record<string, string>;
}

interface Part {
  readonly name: string;
  readonly text: string;
  readonly query: Query & Answers;
}

interface RowDescription {
  readonly fields: unknown;
}

/** What the rows of a prepared statement are, by its text: the server is asked for it once. */
const described = new Map<string, RowDescription>();

type Settle = (error: Error | null, results: readonly QueryResult[]) => void;

const NOTHING = { value: () => undefined };

/**
 * Statements with one `Sync` behind the last of them instead of one behind each: the server sends its answers in one
 * piece, and outside of a transaction they are one, which the `Sync` commits. One that fails makes the server skip the
 * others. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-FLOW-PIPELINING
 */
export class JoinedQuery extends Query implements Answers {
  /** By these the client remembers what is parsed: those of the statement that is being answered. */
  name = '';
  text = '';
  /** The client puts its time limit around it. */
  callback: (error?: Error) => void;
  private readonly parts: readonly Part[];
  private readonly results: QueryResult[] = [];
  private failure: Error | null = null;

  constructor(statements: readonly Statement[], settle: Settle) {
    super({ text: '' });
    this.callback = (error) => settle(error ?? null, this.results);
    this.parts = statements.map(({ name, text, values }) => {
      const answered = (error: Error | undefined, result: QueryResult): void => {
        if (error) this.failure = error;
        this.results.push(result);
      };
      // Given as an object it would be copied with all descriptors of its members.
      const query = new Query(text, [...values], answered as never) as Query & Answers & { name: string };
      query.name = name;
      return { name, text, query };
    });
    this.next();
  }

  override submit = (connection: Connection): void => {
    const unsynced = Object.create(connection, { sync: NOTHING }) as Connection;
    const undescribed = Object.create(unsynced, { describe: NOTHING }) as Connection;
    for (const { query, text } of this.parts) {
      const known = described.get(text);
      if (known) query.handleRowDescription(known);
      const refused: unknown = query.submit(known ? undescribed : unsynced);
      if (refused instanceof Error) this.failure = refused;
    }
    // Without all of them the others must not be committed.
    if (this.failure) connection.stream.destroy(this.failure);
    else connection.sync();
  };

  handleRowDescription(message: RowDescription): void {
    described.set(this.text, message);
    this.current?.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.current?.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    const { current } = this;
    current?.handleCommandComplete(message, connection);
    current?.handleReadyForQuery(connection);
    this.next();
  }

  handleEmptyQuery(connection: Connection): void {
    this.current?.handleReadyForQuery(connection);
    this.next();
  }

  handleReadyForQuery(): void {
    this.callback(this.failure ?? undefined);
  }

  handleError(error: Error, connection: Connection): void {
    const { submittedNamedStatements: submitted } = connection as Connection & Submitted;
    for (const { name } of this.parts.slice(this.results.length)) delete submitted[name];
    this.callback(error);
  }

  private get current(): Part['query'] | undefined {
    return this.parts[this.results.length]?.query;
  }

  private next(): void {
    const { name = '', text = '' } = this.parts[this.results.length] ?? {};
    this.name = name;
    this.text = text;
  }
}
