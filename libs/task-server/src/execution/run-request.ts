import type { RunRequest } from '@cordyna/protocol/model';
import { EventType, qualify } from '@cordyna/protocol/model';
import { validateData } from '@cordyna/protocol/wire';
import { TaskServerError } from '../errors.js';
import type { InvokeRequest, InvokeTarget } from '../handler/task-tools.js';

/** A request whose repetition asks for nothing more. */
export type KeyedRequest = RunRequest & { readonly idempotencyKey: string };

/** @param server of bare names @throws TaskServerError `invalid_request` */
export function runRequest(
  server: string,
  target: InvokeTarget,
  request: InvokeRequest & { readonly idempotencyKey: string },
): KeyedRequest {
  const named = typeof target === 'string' ? { task: target } : target;
  const what = 'job' in named ? { job: named.job } : { task: qualify(server, named.task) };
  const data = { ...what, ...request };
  const checked = validateData(EventType.runRequested, data);
  if (checked.ok) return data;
  const list = checked.errors.map(({ path, message }) => `${path || '/'}: ${message}`).join('; ');
  throw new TaskServerError('invalid_request', `the request to invoke is not valid: ${list}`);
}
