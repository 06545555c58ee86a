import { applyDecorators } from '@nestjs/common';
import { ApiParam, ApiResponse } from '@nestjs/swagger';
import { PROBLEM_KINDS } from '../problem/problem-kinds.js';
import type { SchemaName } from './schemas.js';

export const ref = (name: SchemaName) => ({ $ref: `#/components/schemas/${name}` });

export const refBody = (name: SchemaName) => ({ schema: ref(name) });

export const runParameter = (): MethodDecorator =>
  ApiParam({ name: 'run', schema: { type: 'string', format: 'uuid' } }) as MethodDecorator;

/** A call's answer, and the statuses of the problems that it may answer with instead. */
export const answers = (status: number, schema: SchemaName, problems: readonly number[]): MethodDecorator =>
  applyDecorators(
    ApiResponse({ status, description: 'Done.', content: { 'application/json': { schema: ref(schema) } } }),
    ...problems.map(problemOf),
  );

const problemOf = (status: number) =>
  ApiResponse({
    status,
    description: kindsOf(status).join(', '),
    content: { 'application/problem+json': { schema: ref('Problem') } },
  });

/** A call whose answer is no JSON. */
export const answersText = (type: string, problems: readonly number[]): MethodDecorator =>
  applyDecorators(
    ApiResponse({ status: 200, description: 'Done.', content: { [type]: { schema: { type: 'string' } } } }),
    ...problems.map(problemOf),
  );

const kindsOf = (status: number): string[] =>
  Object.entries(PROBLEM_KINDS)
    .filter(([, kind]) => kind.status === status)
    .map(([name]) => name);
