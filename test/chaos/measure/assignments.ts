import kafkajs from 'kafkajs';
import { withAdmin } from '@cordyna/testkit';

/** client id → partitions of the topic that it has in the group now */
export const assignments = (
  brokers: readonly string[],
  group: string,
  topic: string,
): Promise<ReadonlyMap<string, readonly number[]>> =>
  withAdmin(brokers, async (admin) => {
    const { groups } = await admin.describeGroups([group]);
    const members = groups[0]?.members ?? [];
    return new Map(
      members.map(({ clientId, memberAssignment }) => {
        const decoded = kafkajs.AssignerProtocol.MemberAssignment.decode(memberAssignment);
        return [clientId, decoded?.assignment[topic] ?? []];
      }),
    );
  });
