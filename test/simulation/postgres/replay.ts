import { isDeepStrictEqual } from 'node:util';
import {
  Conflict,
  StoreRefused,
  type Changes,
  type Loaded,
  type Look,
  type LookQuestion,
  type Saved,
  type Store,
  type OutboxRow,
  type TimerQueries,
  type TransactionId,
} from '../../../apps/cerebro/src/coordination/ports/index.js';
import type { Step } from '../store/recording.js';
import { plain, sorted } from './plain.js';

export interface StoreUnderReplay {
  /** A store that remembers nothing yet. */
  store(): Store;
  readonly timers: TimerQueries;
  select(text: string): Promise<readonly Record<string, unknown>[]>;
  /** What its clock shows from now on (epoch ms). */
  tell(time: number): void;
}

const ENOUGH = 5;

const unordered = (answer: unknown): unknown => (Array.isArray(answer) ? sorted(answer.map(plain)) : answer);

/** Rows of version 0 say nothing, and in memory they stay when the transaction that began them comes to nothing. */
function begun(loaded: Loaded | undefined): Loaded | undefined {
  if (!loaded) return loaded;
  const { freshness, events } = loaded;
  const changed = <T extends { readonly version: number }>(rows: ReadonlyMap<string, T>): Map<string, T> =>
    new Map([...rows].filter(([, { version }]) => version > 0));
  const states = events ? { events: { ...events, states: changed(events.states) } } : {};
  return { ...loaded, freshness: changed(freshness), ...states };
}

/** Everything that was done on one store, done on another one in the same order. Returns where the answers differ. */
export async function replayOn(target: StoreUnderReplay, steps: readonly Step[]): Promise<string[]> {
  const player = new Player(target);
  for (const [at, step] of steps.entries()) {
    if (step.answer === undefined) continue;
    target.tell(step.at);
    await player.play(at, step);
    if (player.differences.length >= ENOUGH) break;
  }
  return player.differences;
}

class Player {
  readonly differences: string[] = [];
  /** Ids of the outbox are as each store counts them. */
  private readonly ids = new Map<string, string>();
  /** And those of transactions. */
  private readonly transactions = new Map<TransactionId, TransactionId>();
  private readonly store: Store;

  constructor(private readonly target: StoreUnderReplay) {
    this.store = target.store();
  }

  async play(at: number, step: Step): Promise<void> {
    const what = `step ${at}, ${step.kind}${step.kind === 'ask' ? ` ${step.question}` : ''}`;
    switch (step.kind) {
      case 'load':
        return this.compare(what, begun(step.answer), begun(await this.store.load(step.needs)));
      case 'claim':
        return this.compare(
          what,
          this.rows(step.answer),
          await this.target.timers.claimUnpublished(...step.args),
        );
      case 'renew':
        return this.compare(
          what,
          this.rows(step.answer),
          await this.target.timers.renewUnpublished(this.rows(step.args[0])),
        );
      case 'ask': {
        if (step.question === 'look') return this.compareLooks(what, step);
        const ask = this.target.timers[step.question] as (...args: unknown[]) => Promise<unknown>;
        const wanted = step.answer instanceof Set ? new Set(this.translated([...step.answer])) : step.answer;
        // The order of what is due at the same moment is nobody's; the contract suite looks at the rest.
        return this.compare(
          what,
          unordered(wanted),
          unordered(await ask.apply(this.target.timers, [...step.args])),
        );
      }
      case 'save':
        return this.compareSaved(
          what,
          step,
          await this.save(what, step).catch((error: unknown) => error as Error),
        );
    }
  }

  /** They have seen the same commits. */
  private async compareLooks(what: string, { answer, args }: Extract<Step, { kind: 'ask' }>): Promise<void> {
    const { snapshot: wanted, ...seen } = answer as Look;
    const { snapshot, ...found } = await this.target.timers.look(args[0] as LookQuestion);
    const ids = [...this.transactions];
    const isWanted = ids.map(([id]) => wanted.contains(id));
    const isFound = ids.map(([, id]) => snapshot.contains(id));
    this.compare(what, { ...seen, saw: isWanted }, { ...found, saw: isFound });
  }

  private async save(
    what: string,
    { changes, locked, stamp }: Extract<Step, { kind: 'save' }>,
  ): Promise<Saved> {
    const translated: Changes = {
      ...changes,
      published: this.translated(changes.published),
      narrowed: changes.narrowed.map(({ row, settled }) => ({
        row: this.translated([row])[0] ?? '',
        settled,
      })),
    };
    if (stamp !== null) return (await this.store.hold(translated, stamp)).commit();
    if (locked === null) return this.store.commit(translated);
    return this.store.commitLocked(async (reader) => {
      for (const { needs, loaded } of locked)
        this.compare(`${what}, locked`, begun(loaded), begun(await reader.load(needs)));
      return translated;
    });
  }

  private compareSaved(
    what: string,
    { answer }: Extract<Step, { kind: 'save' }>,
    found: Saved | Error,
  ): void {
    if (answer instanceof Error || found instanceof Error) {
      const kindOf = (one: unknown): string =>
        one instanceof Conflict
          ? 'conflict'
          : one instanceof StoreRefused
            ? 'refused'
            : one instanceof Error
              ? one.message
              : 'saved';
      return this.compare(what, kindOf(answer), kindOf(found));
    }
    if (answer?.outbox) this.ids.set(answer.outbox.id, found.outbox?.id ?? '');
    const [outbox = null] = this.rows(answer?.outbox ? [answer.outbox] : []);
    const { transaction = null, ...saved } = answer ?? {};
    const { transaction: id, ...rest } = found;
    if (transaction !== null && id !== null) this.transactions.set(transaction, id);
    const hasId = transaction !== null;
    this.compare(what, answer && { ...saved, outbox, hasId }, { ...rest, hasId: id !== null });
  }

  private rows(rows: readonly OutboxRow[] = []): readonly OutboxRow[] {
    return rows.map((row) => ({ ...row, id: this.translated([row.id])[0] ?? '' }));
  }

  private translated(ids: readonly string[]): string[] {
    return ids.map((id) => this.ids.get(id) ?? '0');
  }

  compare(what: string, wanted: unknown, found: unknown): void {
    const [first, second] = [plain(wanted), plain(found)];
    if (isDeepStrictEqual(first, second)) return;
    this.differences.push(
      `${what}: ${JSON.stringify(first).slice(0, 2000)} in memory, ${JSON.stringify(second).slice(0, 2000)} in PostgreSQL`,
    );
  }
}
