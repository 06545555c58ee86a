import type { TaskOptions } from '@cordyna/task-server';

/** What every kind of task may declare besides what it runs; as in the SDK, but `args` are named `defaults` here. */
export type Declared = Omit<TaskOptions, 'args'> & { readonly defaults?: TaskOptions['args'] };

interface Limits {
  /** What still runs after so long is ended. */
  readonly timeoutMs: number;
  /** So many lines of one attempt are shown as they come; of the others the last ones, at its end. */
  readonly logLines: number;
}

/** A program that is started without a shell. */
export interface CommandTask extends Limits {
  readonly kind: 'command';
  readonly name: string;
  readonly declared: Declared;
  /** A name that is looked up in PATH, or an absolute path. */
  readonly program: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

export interface ContainerTask extends Limits {
  readonly kind: 'docker';
  readonly name: string;
  readonly declared: Declared;
  readonly container: ContainerSettings;
}

export interface ContainerSettings {
  readonly image: string;
  /** What the image itself says, when absent. */
  readonly cmd?: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Mount[];
  readonly network?: string;
  /** Cores that it gets when all want theirs. */
  readonly cpuReservation?: number;
  readonly memReservationBytes?: number;
}

export interface Mount {
  /** An absolute path on the machine of the engine, or the name of a volume. */
  readonly source: string;
  readonly target: string;
  readonly readOnly: boolean;
}

/** What activities of rules may run here; a kind that is absent is not declared as a task. */
export interface ActivitySettings extends Limits {
  /** Programs, `*` for any. */
  readonly cmd?: readonly string[];
  /** Images, `*` for any. */
  readonly docker?: readonly string[];
  readonly network?: string;
}

export interface RunnerSettings {
  readonly server: string;
  readonly about: {
    readonly version?: string;
    readonly team?: string;
    readonly contact?: string;
    readonly description?: string;
  };
  /** The folder that the configuration lies in: relative paths begin here. */
  readonly folder: string;
  readonly inheritEnv: readonly string[];
  readonly tasks: readonly (CommandTask | ContainerTask)[];
  readonly activities?: ActivitySettings;
}
