import { findCoordinator, leaveGroup } from '../cluster/groups.js';
import { Links } from '../cluster/links.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { BusConfig } from '../port.js';

const UNKNOWN_MEMBER = 25;

/** Has the group let go of a member, as if that had left by itself. False: the group does not know it. */
export async function removeMember(config: BusConfig, group: string, memberId: string): Promise<boolean> {
  const links = new Links(config);
  try {
    const { errorCode, coordinator } = await links.request('any', (broker) => findCoordinator(broker, group));
    failOn(errorCode);
    links.know([coordinator]);
    const answer = await links.request(coordinator.nodeId, (broker) => leaveGroup(broker, group, memberId));
    const codes = [answer.errorCode, ...(answer.members ?? []).map((member) => member.errorCode)];
    if (codes.includes(UNKNOWN_MEMBER)) return false;
    codes.forEach(failOn);
    return true;
  } finally {
    links.close();
  }
}

function failOn(errorCode: number): void {
  if (errorCode !== 0) throw toBusError(internals.createErrorFromCode(errorCode));
}
