import { Controller, Get, HttpCode, Inject, Param, Post, Query } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import {
  EventQueries,
  Events,
  type FuseView,
  type Page,
  type RuleFiringView,
} from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { toChangedBy } from '../request/definition-body.js';
import { JsonBody } from '../request/json-body.js';
import { EventNamePipe, PageQuery, queryPipe } from '../request/parameters.js';

const ruleParameter = () => ApiParam({ name: 'rule' });

/** What rules did, and their fuses. */
@ApiTags('rules')
@Controller('api/v1/rules')
export class RuleStatesController {
  constructor(
    @Inject(Events) private readonly events: Events,
    @Inject(EventQueries) private readonly queries: EventQueries,
  ) {}

  @Get(':rule/firings')
  @ApiOperation({ summary: 'Firings of a rule, newest first, with the events that each used.' })
  @ruleParameter()
  @answers(200, 'RuleFiringPage', [400, 503])
  listRuleFirings(
    @Param('rule', EventNamePipe) rule: string,
    @Query(queryPipe()) query: PageQuery,
  ): Promise<Page<RuleFiringView>> {
    return this.queries.ruleFirings(rule, query);
  }

  @Get(':rule/fuse')
  @ApiOperation({
    summary: 'The fuse of a rule.',
    description:
      'Blown by more firings within a minute than the rule may have: it fires no more until it is reset.',
  })
  @ruleParameter()
  @answers(200, 'Fuse', [400, 503])
  getFuse(@Param('rule', EventNamePipe) rule: string): Promise<FuseView> {
    return this.queries.fuse(rule);
  }

  @Post(':rule/fuse/reset')
  @HttpCode(200)
  @ApiOperation({ summary: 'Lets a rule fire again whose fuse is blown.' })
  @ruleParameter()
  @ApiBody({ ...refBody('ChangedBy'), required: false })
  @answers(200, 'Fuse', [400, 404, 409, 413, 415, 422, 503])
  async resetFuse(@Param('rule', EventNamePipe) rule: string, @JsonBody() body: unknown): Promise<FuseView> {
    await this.events.resetFuse(rule, toChangedBy(body));
    return this.queries.fuse(rule);
  }
}
