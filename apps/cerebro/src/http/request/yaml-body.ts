import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { isUtf8 } from 'node:buffer';
import type { IncomingMessage } from 'node:http';
import { ProblemError } from '../problem/problem-kinds.js';
import { isJson } from './json-body.js';

type BodyRequest = IncomingMessage & { readonly body?: unknown };

/** RFC 9512, and the names that were in use before it. */
export const isYaml = ({ headers }: IncomingMessage): boolean =>
  /^(application|text)\/([\w.+-]+\+|x-)?yaml\s*(;|$)/i.test(headers['content-type'] ?? '');

/** The body as a text of YAML, of which JSON is a part. */
export const YamlBody = createParamDecorator((_: unknown, context: ExecutionContext): string => {
  const request = context.switchToHttp().getRequest<BodyRequest>();
  if (!isYaml(request) && !isJson(request))
    throw new ProblemError('unsupported-media-type', 'send the file with content-type: application/yaml');
  const { body } = request;
  if (!Buffer.isBuffer(body) || body.length === 0)
    throw new ProblemError('malformed-request', 'the body is missing');
  if (!isUtf8(body)) throw new ProblemError('malformed-request', 'the body is not UTF-8');
  return body.toString('utf8');
});
