import { cronErrors } from '@cordyna/engine';
import { isJsonObject, type DefinitionKind, type JsonObject } from '@cordyna/protocol/model';
import { validateDefinition } from '@cordyna/protocol/wire';
import type { DefinitionOf, SermosImport, SermosOptions } from '../../../coordination/index.js';
import { readYaml } from '../yaml-source.js';
import { jobOfPipeline } from './pipelines.js';
import { scheduleOf } from './scheduled-tasks.js';
import { SermosReader, type Tokens } from './sermos-reader.js';

interface Part {
  readonly section: string;
  readonly kind: DefinitionKind;
  readonly convert: (sent: JsonObject, reader: SermosReader, at: Tokens) => JsonObject | null;
}

const PARTS: readonly Part[] = [
  { section: 'pipelines', kind: 'job', convert: jobOfPipeline },
  { section: 'scheduledTasks', kind: 'schedule', convert: scheduleOf },
];

/**
 * A `sermos.yaml` (of Sermos and PypeLine) as a `cordyna.yaml`: pipelines become jobs, scheduled tasks schedules. Whatever
 * is not in the result as it was, is in the notes.
 * @throws InvalidFile when it is no YAML
 */
export function importSermos(
  text: string,
  options: SermosOptions,
  write: (definitions: readonly DefinitionOf[]) => string,
): SermosImport {
  const source = readYaml(text, { merge: true });
  const reader = new SermosReader(source, options);
  const file = isJsonObject(source.value) ? source.value : {};
  if (!isJsonObject(source.value)) reader.note('dropped', [], 'is no object: there is nothing in it');
  reader.onlyKnown(
    file,
    PARTS.map(({ section }) => section),
    [],
  );
  const definitions = PARTS.flatMap((part) => definitionsOf(part, file, reader));
  return { file: write(definitions), notes: reader.notes };
}

function definitionsOf({ section, kind, convert }: Part, file: JsonObject, reader: SermosReader) {
  const sent = file[section];
  if (sent === undefined || sent === null) return [];
  if (!isJsonObject(sent)) {
    reader.note('dropped', [section], 'must be an object');
    return [];
  }
  const found = new Map<string, DefinitionOf>();
  for (const [id, value] of Object.entries(sent)) {
    const at = [section, id];
    if (!isJsonObject(value)) {
      reader.note('dropped', at, 'must be an object');
      continue;
    }
    const name = reader.name(id, at);
    const body = convert(value, reader, at);
    if (name === null || body === null || !isUsable(kind, body, reader, at)) continue;
    if (found.has(name)) reader.note('dropped', at, `another one is named ${name} already`);
    else found.set(name, { kind, name, version: 1, body });
  }
  return [...found.values()];
}

/** What the file may say and a definition may not, such as a pattern that Celery alone knows. */
function isUsable(kind: DefinitionKind, body: JsonObject, reader: SermosReader, at: Tokens): boolean {
  const checked = validateDefinition(kind, body);
  const errors = checked.ok ? [] : checked.errors.map(({ path, message }) => `${path} ${message}`);
  if (typeof body.cron === 'string') errors.push(...cronErrors(body.cron, 'UTC'));
  for (const error of errors) reader.note('dropped', at, error);
  return errors.length === 0;
}
