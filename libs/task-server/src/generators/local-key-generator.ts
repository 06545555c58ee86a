import { readdir } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { pageOf, takePage } from './list-options.js';
import type { ListOptions } from './list-options.js';

/** Lists files of this machine, e.g. for a task whose output is the `items` of a `forEach`. */
export class LocalKeyGenerator {
  /**
   * The files of a folder and of all within it, in the order of their names: a folder's own files and folders together.
   * @throws RangeError for a wrong `offset` or `limit`; the error of Node (ENOENT, EACCES, …) for a folder that cannot be read
   */
  async listFiles(folder: string, options: ListOptions = {}): Promise<string[]> {
    const page = pageOf(options);
    const root = resolve(folder);
    const found = await takePage(filesWithin(root, '', page.prefix), page);
    return found.map((path) => (page.returnFullPath ? join(root, path) : basename(path)));
  }
}

/** Paths from the root; a folder that can hold nothing with the prefix is not opened. */
async function* filesWithin(root: string, inside: string, prefix: string): AsyncGenerator<string> {
  const entries = await readdir(join(root, inside), { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const path = inside === '' ? entry.name : `${inside}/${entry.name}`;
    if (entry.isDirectory()) {
      if (`${path}/`.startsWith(prefix) || prefix.startsWith(`${path}/`))
        yield* filesWithin(root, path, prefix);
    } else if (entry.isFile() && path.startsWith(prefix)) {
      yield path;
    }
  }
}
