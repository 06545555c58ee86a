import type { TaskServerLog } from '../log.js';

const SIGNALS = ['SIGTERM', 'SIGINT'] as const;
/** For what else the process does; it does not keep the process alive. */
const EXIT_GRACE_MS = 1_000;

/** Ends the process soon, leaving others a moment to finish. */
export function exitSoon(code: number): void {
  process.exitCode = code;
  setTimeout(() => process.exit(code), EXIT_GRACE_MS).unref();
}

/** The first signal stops the server and ends the process; a second one ends it at once, as signals do. */
export function stopOnSignals(stop: () => Promise<void>, log: TaskServerLog): () => void {
  const remove = (): void => {
    for (const signal of SIGNALS) process.removeListener(signal, onSignal);
  };
  const onSignal = (signal: NodeJS.Signals): void => {
    remove();
    log('info', `${signal}: stopping`, {});
    void stop().then(
      () => exitSoon(0),
      () => exitSoon(1),
    );
  };
  for (const signal of SIGNALS) process.once(signal, onSignal);
  return remove;
}
