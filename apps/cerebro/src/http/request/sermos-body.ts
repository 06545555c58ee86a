import { isJsonObject, isQualifiedName, pointerOf } from '@cordyna/protocol/model';
import type { SermosOptions } from '../../coordination/index.js';
import { ProblemError, type ProblemField } from '../problem/problem-kinds.js';
import { sentence, toObject } from './definition-body.js';

const TABLES = ['handlers', 'environment'] as const;

export interface SermosBody extends SermosOptions {
  readonly file: string;
}

/** @throws ProblemError 400 without a JSON object, 422 with every error */
export function toSermosBody(sent: unknown): SermosBody {
  const { file, handlers = {}, environment = {}, ...rest } = toObject(sent);
  const errors: ProblemField[] = Object.keys(rest).map((key) => ({
    path: `/${key}`,
    message: 'is not known: take it out or correct its name',
  }));
  if (typeof file !== 'string') errors.push({ path: '/file', message: 'must be the text of the file' });
  const given = { handlers, environment };
  for (const name of TABLES) errors.push(...tableErrors(name, given[name]));
  if (errors.length > 0) throw new ProblemError('invalid-body', sentence(errors), errors);
  return { file, handlers, environment } as unknown as SermosBody;
}

function tableErrors(name: (typeof TABLES)[number], table: unknown): readonly ProblemField[] {
  if (!isJsonObject(table)) return [{ path: `/${name}`, message: 'must be an object of texts' }];
  const path = (key: string): string => pointerOf([name, key]);
  return Object.entries(table).flatMap(([key, value]) => {
    if (typeof value !== 'string') return [{ path: path(key), message: 'must be a text' }];
    if (name === 'environment' || isQualifiedName(value)) return [];
    return [{ path: path(key), message: 'must be <server>.<task>' }];
  });
}
