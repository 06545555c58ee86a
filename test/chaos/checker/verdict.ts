/** The invariants, by the names of docs/reliability.md. */
export const INVARIANTS = {
  I1: 'every accepted run ends',
  I2: 'each attempt has exactly one invoke record',
  I3: 'no transition that the protocol does not have',
  I4: 'folding the history gives the stored state',
  I5: 'nothing is applied twice',
  I6: 'no update of a stale attempt changes anything',
  I7: 'no watchdog fires in spite of an update that came in time',
  I8: 'poison is dead-lettered exactly once and blocks nobody',
  I9: 'nothing is left unread or unpublished',
  I10: 'what a fault held up goes on when it is over',
  I11: 'each event is used by one firing of a rule at most, and by one when its set is complete',
  I12: 'never are more attempts of a task at work than its limits allow',
  I13: 'a fan-out has one task run for each element, and ends after all of them',
  I14: 'definitions change one version at a time, files as a whole, and schedules are due by what is in force',
} as const;
export type Invariant = keyof typeof INVARIANTS;

export interface Violation {
  readonly invariant: Invariant;
  /** For the ledger: what a count of such violations is called. */
  readonly counts?: 'lost' | 'duplicate invokes' | 'double applications' | 'false timeouts' | 'stuck';
  readonly what: string;
}
