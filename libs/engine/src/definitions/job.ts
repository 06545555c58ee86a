import type { JobBody } from '@cordyna/protocol/model';
import type { Definition, JobDefinition } from '../model/index.js';

/** A job definition as plans are made of it; null for other kinds and removed ones. */
export function jobOf({ kind, name, version, body }: Definition): JobDefinition | null {
  if (kind !== 'job' || body === null) return null;
  const { description, args = {}, tasks } = body as unknown as JobBody;
  return { job: name, name, version, args, tasks, ...(description === undefined ? {} : { description }) };
}
