import type { NodeAddress } from './links.js';
import type { RawBroker } from '../kafkajs/internals.js';
import { answerAsIs } from './requests.js';

export interface FindCoordinatorAnswer {
  readonly errorCode: number;
  readonly coordinator: NodeAddress;
}

/** Which broker keeps the group. */
export const findCoordinator = (broker: RawBroker, groupId: string): Promise<FindCoordinatorAnswer> =>
  answerAsIs(broker, 'GroupCoordinator', { groupId });

export interface LeaveGroupAnswer {
  readonly errorCode: number;
  /** From version 3 on. */
  readonly members?: readonly { readonly memberId: string; readonly errorCode: number }[];
}

/** Anybody who may read with the group may say so of any of its members. */
export const leaveGroup = (broker: RawBroker, groupId: string, memberId: string): Promise<LeaveGroupAnswer> =>
  answerAsIs(broker, 'LeaveGroup', { groupId, memberId });
