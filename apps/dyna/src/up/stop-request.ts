const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const PARENT_EVERY_MS = 500;

export interface StopRequest {
  /** Resolves with what asked for it. */
  readonly asked: Promise<string>;
  /** Resolves at the second signal: somebody does not want to wait. */
  readonly insisted: Promise<void>;
  dispose(): void;
}

/**
 * Waits for Ctrl-C or a signal. Under npm it also watches the parent: npm's shell does not pass SIGTERM on, so that the
 * parent's death is the only thing that we would notice.
 */
export function stopRequest(startedByNpm: boolean): StopRequest {
  let asks = 0;
  let ask!: (why: string) => void;
  let insist!: () => void;
  const asked = new Promise<string>((resolve) => (ask = resolve));
  const insisted = new Promise<void>((resolve) => (insist = resolve));
  const onSignal = (signal: NodeJS.Signals): void => {
    asks += 1;
    ask(signal);
    if (asks > 1) insist();
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);

  const parent = process.ppid;
  const watch = startedByNpm
    ? setInterval(() => {
        if (process.ppid !== parent) ask('the end of npm');
      }, PARENT_EVERY_MS)
    : undefined;
  return {
    asked,
    insisted,
    dispose() {
      clearInterval(watch);
      for (const signal of SIGNALS) process.off(signal, onSignal);
    },
  };
}
