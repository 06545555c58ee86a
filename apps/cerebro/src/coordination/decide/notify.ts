import { noticesOf, withNotices, type DeclaredServer } from '@cordyna/engine';
import type { WorkingSet } from '../working-set.js';

/** The newest of these are kept for a server. */
const MAX_NOTICES = 20;

/** Leaves word for the servers that depend on this one: they see it in the answer to their next declaration, and in the API. */
export function notifyDependents(
  former: DeclaredServer | undefined,
  version: string | null,
  work: WorkingSet,
  now: number,
): void {
  const by = `${former?.server ?? ''}${version === null ? '' : ` ${version}`}, ${new Date(now).toISOString()}`;
  for (const [server, found] of noticesOf(former, work.registry())) {
    const before = work.registry().servers.get(server)?.notices ?? [];
    const notices = [...before, ...found.map((text) => `${text} (${by})`)].slice(-MAX_NOTICES);
    work.changeRegistry(withNotices(work.registry(), server, notices), { kind: 'notify', server, notices });
  }
}
