import { Controller, Get, Param } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import { PROBLEM_KINDS, ProblemError, type ProblemKind } from './problem-kinds.js';

/** What the `type` of a problem leads to. */
@ApiExcludeController()
@Controller('problems')
export class ProblemsController {
  @Get(':kind')
  describe(@Param('kind') kind: string): { type: string; title: string; status: number } {
    if (!Object.hasOwn(PROBLEM_KINDS, kind))
      throw new ProblemError('unknown-problem', `no problem type ${kind}`);
    return { type: `/problems/${kind}`, ...PROBLEM_KINDS[kind as ProblemKind] };
  }
}
