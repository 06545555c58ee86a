import type { Authors } from '../actors/authors.js';
import type { Site } from '../actors/site.js';

/** Of a file all is in force or nothing, what was refused or only tried never is, and no answered change is lost. */
export function checkDefinitions({ db }: Site, authors: Authors | null): string[] {
  if (!authors) return [];
  const { files, promised } = authors;
  const found = [...promised]
    .filter((run) => !db.runs.has(run))
    .map((run) => `run ${run}, which was promised, is lost`);
  const own = [...db.registry.definitions.values()].filter(({ kind }) => kind === 'policy' || kind === 'job');
  const marks = new Set(own.map(({ body }) => String(body?.description)));
  if (marks.size > 1) found.push(`parts of several files are in force: ${[...marks].join(', ')}`);
  for (const { mark, isVoid } of files)
    if (isVoid && marks.has(mark)) found.push(`${mark} is in force, though it was refused or only tried`);
  const given = new Map<string, string>();
  for (const { mark, isVoid, results } of files) {
    if (isVoid) continue;
    for (const { kind, name, outcome, version } of results ?? []) {
      const id = `version ${version} of the ${kind} ${name}`;
      if (outcome === 'unchanged') continue;
      if (given.has(id)) found.push(`${id} was given to ${given.get(id)} and ${mark}`);
      given.set(id, mark);
      const last = own.find((one) => one.kind === kind && one.name === name);
      if (kind === 'schedule') continue;
      if (!last || last.version < version) found.push(`${id} of ${mark} is lost`);
      else if (last.version === version && last.body?.description !== mark)
        found.push(`${id} is not as ${mark} has it`);
    }
  }
  return found;
}
