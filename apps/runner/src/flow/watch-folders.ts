import { watch } from 'node:fs';

const TOGETHER_MS = 50;

/** Calls back soon after something changed in one of the folders, once for changes that come together. */
export function watchFolders(
  folders: readonly string[],
  changed: () => void,
  failed: (error: Error) => void,
): () => void {
  let soon: NodeJS.Timeout | undefined;
  const nudge = (): void => {
    soon ??= setTimeout(() => {
      soon = undefined;
      changed();
    }, TOGETHER_MS);
  };
  // Not every file system tells; the regular check sees all.
  const watchers = folders.map((folder) => watch(folder, nudge).on('error', failed));
  return () => {
    clearTimeout(soon);
    for (const watcher of watchers) watcher.close();
  };
}
