import type { FlowFile } from './flow-files.js';
import { idOf } from './flow-files.js';

export interface Remembered {
  /** Of the sources when a run was requested. */
  requestedFor?: string;
  requestedAtMs?: number;
  running: boolean;
  run: string | null;
  error: { readonly code: string; readonly message: string } | null;
}

/** A request that nothing is heard of is made again, in case the run was cancelled before it began. */
const REQUEST_AGAIN_MS = 60 * 60_000;

/** What this process knows of files besides what their folders show. */
export class Memory {
  private readonly files = new Map<string, Remembered>();

  of(file: Pick<FlowFile, 'job' | 'key'>): Remembered {
    const id = idOf(file);
    const known = this.files.get(id);
    if (known) return known;
    const fresh: Remembered = { running: false, run: null, error: null };
    this.files.set(id, fresh);
    return fresh;
  }

  /** Whether a run of this file with these sources has been requested and is not forgotten. */
  isRequested(file: FlowFile, nowMs: number): boolean {
    const { requestedFor, requestedAtMs = 0, error, running } = this.of(file);
    if (requestedFor !== sourcesOf(file)) return false;
    return running || error !== null || nowMs - requestedAtMs < REQUEST_AGAIN_MS;
  }

  request(file: FlowFile, nowMs: number): void {
    Object.assign(this.of(file), { requestedFor: sourcesOf(file), requestedAtMs: nowMs });
  }

  forgetRequest(file: FlowFile): void {
    delete this.of(file).requestedFor;
  }

  /** Those that no folder shows any more. */
  keepOnly(files: readonly FlowFile[]): void {
    const shown = new Set(files.map(idOf));
    for (const [id, { running }] of this.files) if (!shown.has(id) && !running) this.files.delete(id);
  }
}

const sourcesOf = ({ sources }: FlowFile): string =>
  sources.map(({ signature }) => `${signature?.size}:${signature?.mtimeMs}`).join('|');
