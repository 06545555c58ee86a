import { definitionId } from '@cordyna/engine';
import type { AppliedFile, Authors } from '../actors/authors.js';
import { TOGETHER } from '../actors/files.js';
import type { Site } from '../actors/site.js';

/**
 * Of a file all is in force or nothing, what was refused or only tried never is, and what was answered is in force or was
 * replaced by a later version.
 */
export function checkDefinitions({ db }: Site, authors: Authors | null): string[] {
  if (!authors) return [];
  const { files, promised } = authors;
  const { definitions } = db.registry;
  const found = [...promised]
    .filter((run) => !db.runs.has(run))
    .map((run) => `run ${run}, which was promised, is lost`);
  const markOf = (id: string): string | null => {
    const { body = null } = definitions.get(id) ?? {};
    return body === null ? null : String(body.description);
  };
  for (const together of TOGETHER) {
    const marks = new Set(together.map(markOf));
    if (marks.size > 1) found.push(`parts of several files are in force: ${[...marks].join(', ')}`);
    for (const { mark, isVoid } of files)
      if (isVoid && marks.has(mark)) found.push(`${mark} is in force, though it was refused or only tried`);
  }
  const isMarked = new Set(TOGETHER.flat());
  const given = new Map<string, string>();
  for (const { mark, kind, name, outcome, version } of files.flatMap(answersOf)) {
    const id = definitionId({ kind, name });
    const what = `version ${version} of ${id}`;
    if (given.has(what)) found.push(`${what} was given to ${given.get(what)} and ${mark}`);
    given.set(what, mark);
    const last = definitions.get(id)?.version ?? 0;
    if (last < version) found.push(`${what} of ${mark} is lost`);
    else if (last === version && isMarked.has(id) && markOf(id) !== (outcome === 'removed' ? null : mark))
      found.push(`${what} is not as ${mark} has it`);
  }
  return found;
}

/** What the coordinator said that the file has changed. */
const answersOf = ({ mark, isVoid, results }: AppliedFile) =>
  isVoid
    ? []
    : (results ?? []).filter(({ outcome }) => outcome !== 'unchanged').map((one) => ({ mark, ...one }));
