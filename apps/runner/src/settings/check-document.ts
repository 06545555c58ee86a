import { readFile } from 'node:fs/promises';
import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import { parseDocument } from 'yaml';
import { RunnerError } from '../runner-error.js';

const ajv = new Ajv2020({ strict: false, allErrors: true, verbose: true });

/** Of a YAML (or JSON) file. @throws RunnerError `invalid_configuration` */
export async function readDocument(path: string): Promise<unknown> {
  const document = parseDocument(await readFile(path, 'utf8'), { prettyErrors: true });
  const [broken] = document.errors;
  if (broken) throw new RunnerError('invalid_configuration', `${path} is no YAML: ${broken.message}`);
  return document.toJS() ?? {};
}

/** @throws RunnerError `invalid_configuration` that names every place that is wrong */
export function checkDocument<T>(path: string, value: unknown, schema: object): T {
  const validate = ajv.compile(schema);
  if (validate(value)) return value as T;
  const problems = [...new Set((validate.errors ?? []).filter(tellsMore).map(sentence))];
  throw new RunnerError('invalid_configuration', `${path} is not valid:\n${problems.join('\n')}`);
}

/** What happens inside of `anyOf` and `oneOf` is said by the sentence about the whole. */
const tellsMore = ({ schemaPath }: ErrorObject): boolean => !/\/(anyOf|oneOf)\/\d+\//.test(schemaPath);

function sentence({ instancePath, keyword, params, parentSchema, message }: ErrorObject): string {
  const { $comment: comment } = parentSchema as { $comment?: string };
  const at = instancePath || '/';
  switch (keyword) {
    case 'additionalProperties':
      return `  ${at}: ${String(params['additionalProperty'])} is not known; take it out or correct its name`;
    case 'required':
      return `  ${at}: ${String(params['missingProperty'])} is missing`;
    case 'oneOf':
    case 'anyOf':
    case 'pattern':
      return `  ${at}: must be ${comment ?? 'another value'}`;
    default:
      return `  ${at}: ${comment && keyword === 'type' ? `must be ${comment}` : message}`;
  }
}
