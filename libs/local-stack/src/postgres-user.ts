import { stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { StackError } from './errors.js';
import { runOnce } from './run-once.js';

/** Whom the server runs as; empty means as this process. */
export interface ServerUser {
  readonly uid?: number;
  readonly gid?: number;
}

const LOOKUP_MS = 5_000;

async function idOf(option: '-u' | '-g', name: string): Promise<number | undefined> {
  const { code, output } = await runOnce('id', [option, name], LOOKUP_MS);
  return code === 0 ? Number(output) : undefined;
}

/** PostgreSQL refuses to run as root; `nobody` exists everywhere, so no user has to be made. */
export async function serverUser(): Promise<ServerUser> {
  if (process.getuid?.() !== 0) return {};
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = await Promise.all([idOf('-u', name), idOf('-g', name)]);
    if (uid !== undefined && gid !== undefined) return { uid, gid };
  }
  throw new StackError(
    'not_started',
    'PostgreSQL does not run as root and neither user postgres nor nobody exists: create one, start this as another user, or set DATABASE_URL.',
  );
}

/** Checks that each directory above the path lets the user in. @throws StackError `directory_unreachable` */
export async function requireReachable(path: string, user: ServerUser, remedy: string): Promise<void> {
  if (user.uid === undefined) return;
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    const { mode, uid, gid } = await stat(dir);
    const bit = uid === user.uid ? 0o100 : gid === user.gid ? 0o010 : 0o001;
    if ((mode & bit) === 0) {
      throw new StackError(
        'directory_unreachable',
        `PostgreSQL runs as user ${user.uid}, not root, and that user may not enter ${dir}: ${remedy}, or set DATABASE_URL.`,
      );
    }
    if (dir === dirname(dir)) return;
  }
}
