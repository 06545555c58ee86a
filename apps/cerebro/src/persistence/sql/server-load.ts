/** In `server_load` it stands for all instances of a server; none is called so. */
export const WHOLE_SERVER = '';

/** SQL: runs with pending tasks of a server, or attempts that it has. */
export const loadOf = (
  what: 'waiting' | 'unfinished',
  server: string,
  instance = `'${WHOLE_SERVER}'`,
): string =>
  `(SELECT coalesce(sum(${what}), 0) FROM server_load WHERE instance = ${instance} AND server = ${server})`;
