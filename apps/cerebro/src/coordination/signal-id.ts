import { v5 as uuidv5 } from 'uuid';

/** Namespace of signals' ids (UUID version 5). */
const SIGNALS = '8b1f2f1e-8d0c-5b7e-9b35-0d6c5e0f4a11';

/** An event's id in the ledger: the same source and id are the same event. */
export const signalId = (source: string, id: string): string => uuidv5(`${source}\n${id}`, SIGNALS);
