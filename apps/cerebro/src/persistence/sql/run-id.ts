export const UUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

/**
 * Ids of runs are UUIDs in lower case. Anything else that somebody asks for does not exist; it must not reach a cast to
 * uuid, which would fail the whole batch.
 */
export const isRunId = (text: string): boolean => UUID.test(text);
