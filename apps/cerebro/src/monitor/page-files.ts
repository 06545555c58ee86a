import { NotFoundException } from '@nestjs/common';
import { readFileSync } from 'node:fs';

export interface PageFile {
  readonly contentType: string;
  readonly body: Buffer;
}

const TYPES = {
  'index.html': 'text/html',
  'monitor.css': 'text/css',
  'monitor.js': 'text/javascript',
} as const;

/** Read once, at boot: an image without them does not start. */
const files: ReadonlyMap<string, PageFile> = new Map(
  Object.entries(TYPES).map(([name, type]) => [
    name,
    {
      contentType: `${type}; charset=utf-8`,
      body: readFileSync(new URL(`./page/${name}`, import.meta.url)),
    },
  ]),
);

export function pageFile(name: string): PageFile {
  const file = files.get(name);
  if (!file) throw new NotFoundException(`the monitor has no file ${name}`);
  return file;
}
