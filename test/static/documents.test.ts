import { describe, expect, test } from '@jest/globals';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { manifest, read, repository, trackedFiles } from './tracked-files.js';

const files = trackedFiles();
const documents = files.filter((path) => path.endsWith('.md') && !path.startsWith('.'));
const { scripts = {} } = manifest('package.json');

describe('what the documents say', () => {
  test('there is a README', () => {
    expect(documents).toContain('README.md');
  });

  test.each(documents)('%s names only commands that exist', (path) => {
    const named = [...read(path).matchAll(/\bnpm (?:run (?:--?\w+ )*([\w:-]+)|(start|test)\b)/g)];
    const missing = named.map(([, run, short]) => run ?? short ?? '').filter((name) => !(name in scripts));
    expect(missing).toEqual([]);
  });

  test.each(documents)('%s links only to files that exist', (path) => {
    const prose = read(path).replace(/```[\s\S]*?```|`[^`\n]*`/g, '');
    const links = [...prose.matchAll(/\]\((?!https?:|mailto:|#)([^)\s#]+)[^)]*\)/g)].map(
      ([, to]) => to ?? '',
    );
    const broken = links.filter((to) => !existsSync(join(repository, dirname(path), decodeURI(to))));
    expect(broken).toEqual([]);
  });
});

describe('decisions (docs/adr)', () => {
  const adrs = files.filter((path) => path.startsWith('docs/adr/')).sort();

  test('are numbered without gaps and without doubles', () => {
    const numbers = adrs.map((path) => Number(/^docs\/adr\/(\d{4})-[a-z0-9-]+\.md$/.exec(path)?.[1] ?? NaN));
    expect(numbers.length).toBeGreaterThan(0);
    expect(numbers).toEqual(numbers.map((_, index) => index + 1));
  });

  test.each(adrs)('%s bears its number, a status, and says what was decided', (path) => {
    const text = read(path);
    const number = path.slice('docs/adr/'.length, 'docs/adr/'.length + 4);
    expect(text.split('\n')[0]).toMatch(new RegExp(`^# ${number}: \\S`));
    expect(text).toMatch(/^Status: (accepted|superseded by \d{4})$/m);
    for (const heading of ['Context', 'Decision', 'Consequences'])
      expect(text).toContain(`\n## ${heading}\n`);
  });
});
