import type { Declared } from '../settings/settings.js';
import type { Pattern } from './pattern.js';

/** A folder within the flow's folder, and which of its files. */
export interface Place {
  /** Relative, with `/`. */
  readonly folder: string;
  readonly files: Pattern;
}

export interface FlowJob {
  readonly name: string;
  readonly declared: Declared;
  /** Program and first arguments; the paths of the sources and of the target follow. */
  readonly script: readonly [string, ...string[]];
  readonly env: Readonly<Record<string, string>>;
  readonly sources: readonly Place[];
  readonly target: Place;
  /** Tasks of other servers that are asked to go on with a target that was made. */
  readonly then: readonly string[];
  readonly timeoutMs: number;
  readonly logLines: number;
}

export interface FlowSettings {
  readonly server: string;
  readonly about: { readonly team?: string; readonly contact?: string; readonly description?: string };
  /** Absolute: what the configuration lies in, and all its folders. */
  readonly folder: string;
  readonly inheritEnv: readonly string[];
  readonly checkEveryMs: number;
  /** A file counts when it has not changed for so long. */
  readonly settleMs: number;
  /** Whether a target is made again when the content of a source changed. */
  readonly rerunChanged: boolean;
  readonly jobs: readonly FlowJob[];
}

/** The task that reports the state of the flow. */
export const REPORT_TASK = 'flow';
