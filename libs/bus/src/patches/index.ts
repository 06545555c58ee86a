import { registerCodecs } from './codecs.js';
import { patchCompactionHoles } from './compaction-holes.js';
import { patchConsumerHooks } from './consumer-hooks.js';
import { patchCoordinatorNotFound } from './coordinator-not-found.js';
import { patchRequestQueue } from './request-queue.js';

let applied = false;

/** Repairs kafkajs 2.2.4 for this process, once; each patch says why it is there. */
export function patchKafkajs(): void {
  if (applied) return;
  applied = true;
  patchRequestQueue();
  patchCoordinatorNotFound();
  patchCompactionHoles();
  patchConsumerHooks();
  registerCodecs();
}
