/** Carries the outbox row's message id, by which the sweeper finds a record again. */
export const MESSAGE_HEADER = 'cordyna-message';
