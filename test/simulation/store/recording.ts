import type {
  Changes,
  Loaded,
  Look,
  Needs,
  Saved,
  OutboxRow,
  TimerQueries,
} from '../../../apps/cerebro/src/coordination/ports/index.js';

export type Question = Exclude<keyof TimerQueries, 'claimUnpublished' | 'renewUnpublished'>;

interface Answered<T> {
  /** The database's clock, epoch ms. */
  readonly at: number;
  /** Absent: nobody was told, as when the connection was lost. */
  answer?: T;
}

export type Step =
  | (Answered<Loaded> & { readonly kind: 'load'; readonly needs: Needs })
  | (Answered<Saved | Error> & {
      readonly kind: 'save';
      readonly changes: Changes;
      /** What was read and locked before it in the same transaction; null when nothing was. */
      readonly locked: readonly { readonly needs: Needs; readonly loaded: Loaded }[] | null;
      /** Of the messages of what was held until then; null when it was not. */
      readonly stamp: number | null;
    })
  | (Answered<readonly OutboxRow[]> & {
      readonly kind: 'claim';
      readonly args: readonly [olderThanMs: number, limit: number];
    })
  | (Answered<readonly OutboxRow[]> & {
      readonly kind: 'renew';
      readonly args: readonly [claimed: readonly OutboxRow[]];
    })
  | (Answered<unknown> & {
      readonly kind: 'ask';
      readonly question: Question;
      readonly args: readonly unknown[];
    });

/** Timers ask several times a second and mostly hear of nothing: of such answers one in so many is kept. */
const KEPT_OF_EMPTY = 20;

/** A look that found no errand. */
const isQuiet = (answer: unknown): boolean => (answer as Partial<Look> | null)?.errands?.size === 0;

const isEmpty = (answer: unknown): boolean =>
  (Array.isArray(answer) && answer.length === 0) ||
  (answer instanceof Map && answer.size === 0) ||
  answer === 0 ||
  isQuiet(answer);

/** All that coordinators had the store do, in its order, with what it answered. */
export class Recording {
  readonly steps: Step[] = [];
  private empty = 0;

  add<S extends Step>(step: S): S {
    this.steps.push(step);
    return step;
  }

  asked(question: Question, args: readonly unknown[], answer: unknown, at: number): void {
    if (this.isKept(answer)) this.add({ kind: 'ask', at, question, args, answer });
  }

  isKept(answer: unknown): boolean {
    return !isEmpty(answer) || this.empty++ % KEPT_OF_EMPTY === 0;
  }
}

/** Timers' questions, answered by `queries` and recorded. */
export function recorded(queries: TimerQueries, recording: Recording, clock: () => number): TimerQueries {
  const names = Object.getOwnPropertyNames(Object.getPrototypeOf(queries)) as (Question | 'constructor')[];
  // A look is recorded when it is carried out.
  const passedOver = new Set<string>(['constructor', 'ask', 'look', 'claimUnpublished', 'renewUnpublished']);
  const asking = names
    .filter((name) => !passedOver.has(name))
    .map((name) => {
      const question = name as Question;
      const ask = async (...args: unknown[]): Promise<unknown> => {
        const step = recording.add({ kind: 'ask', at: clock(), question, args });
        const answer = await (queries[question] as (...args: unknown[]) => Promise<unknown>)(...args);
        if (recording.isKept(answer)) Object.assign(step, { answer });
        return answer;
      };
      return [name, ask] as const;
    });
  return Object.assign(Object.create(queries) as TimerQueries, Object.fromEntries(asking));
}
