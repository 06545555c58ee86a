import type { Mount } from './settings.js';

const UNITS: Readonly<Record<string, number>> = { b: 1, k: 1024, m: 1024 ** 2, g: 1024 ** 3 };

/** Bytes of a number, or of a text such as `512m`. */
export function bytesOf(memory: number | string | undefined): number | undefined {
  if (memory === undefined || typeof memory === 'number') return memory;
  return Number(memory.slice(0, -1)) * UNITS[memory.slice(-1)]!;
}

/** `source:/target`, `source:/target:ro`, or the members, in the runner's or in Docker's spelling. */
export function mountOf(mount: string | Readonly<Record<string, unknown>>): Mount {
  if (typeof mount === 'string') {
    const [source = '', target = '', mode] = mount.split(':');
    return { source, target, readOnly: mode === 'ro' };
  }
  const of = (...names: string[]): unknown =>
    names.map((name) => mount[name]).find((value) => value !== undefined);
  return {
    source: String(of('source', 'Source') ?? ''),
    target: String(of('target', 'Target') ?? ''),
    readOnly: of('readOnly', 'read_only', 'ReadOnly') === true,
  };
}
