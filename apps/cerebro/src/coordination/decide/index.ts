import { DONE, type Inbound, type Outcome } from '../inbound.js';
import type { WorkingSet } from '../working-set.js';
import type { Tools } from './context.js';
import { deadLetterOf } from './dead-letter.js';
import { decideDeclaration, decideWithdrawal } from './declare.js';
import { decideDueEvent } from './events/due.js';
import { clearQueue, noteRuleState } from './events/cirrus.js';
import { decideFuseReset } from './events/fuse.js';
import { decideSignal } from './events/signal.js';
import { decideDefinitions } from './define/index.js';
import { decideFiring } from './fire.js';
import { decideRunRequest } from './request-run.js';
import { decideScheduleAction } from './schedule-action.js';
import { decideRunInput } from './run-input.js';
import { decideUpdate } from './update.js';

export type { Tools } from './context.js';

/** Decides one input against the batch's working set. Nothing leaves before the batch is committed. */
export function decide(inbound: Inbound, work: WorkingSet, tools: Tools): Outcome {
  switch (inbound.kind) {
    case 'update':
      return decideUpdate(inbound, work, tools);
    case 'run-requested':
      return decideRunRequest(inbound, work, tools);
    case 'run-input':
      return decideRunInput(inbound, work, tools);
    case 'fire':
      return decideFiring(inbound, work, tools);
    case 'schedule-action':
      return decideScheduleAction(inbound, work, tools);
    case 'define':
      return decideDefinitions(inbound, work, tools);
    case 'signal':
      return decideSignal(inbound, work, tools);
    case 'event-due':
      return decideDueEvent(inbound, work, tools);
    case 'reset-fuse':
      return decideFuseReset(inbound, work, tools);
    case 'note-rule-state':
      return noteRuleState(inbound, work, tools);
    case 'clear-queue':
      return clearQueue(inbound, work, tools);
    case 'declare':
      return decideDeclaration(inbound, work, tools);
    case 'withdraw':
      return decideWithdrawal(inbound, work, tools);
    case 'heartbeat':
      work.addHeartbeat(inbound.heartbeat);
      work.addSignOfLife(inbound.heartbeat.server, inbound.heartbeat.instance, inbound.at);
      return DONE;
    case 'lose':
      work.lose(inbound);
      return DONE;
    case 'poison':
      work.addDeadLetter(deadLetterOf(inbound.where, inbound.reason, inbound.detail));
      return DONE;
    case 'pass':
      return DONE;
  }
}
