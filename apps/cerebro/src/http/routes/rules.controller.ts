import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { isEventName } from '@cordyna/protocol/model';
import { DefinitionQueries, Definitions, type DefinitionView, type Page } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { JsonBody } from '../request/json-body.js';
import { ChangedByQuery, EventNamePipe, PageQuery, queryPipe, VersionPipe } from '../request/parameters.js';
import { DefinitionRoutes, type Defined } from './definition-routes.js';

const ruleParameter = () => ApiParam({ name: 'rule' });
const ifMatch = () =>
  ApiHeader({
    name: 'If-Match',
    description: 'The version that is changed; 412 when another one is in force.',
  });

/** What is done when an event set is complete. */
@ApiTags('rules')
@Controller('api/v1/rules')
export class RulesController {
  private readonly routes: DefinitionRoutes;

  constructor(
    @Inject(Definitions) definitions: Definitions,
    @Inject(DefinitionQueries) queries: DefinitionQueries,
  ) {
    this.routes = new DefinitionRoutes('rule', isEventName, definitions, queries);
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({
    summary: 'Defines a rule.',
    description: 'Event sets, tasks and jobs that are not there yet are warnings.',
  })
  @ApiBody(refBody('NamedRule'))
  @answers(201, 'Defined', [400, 409, 413, 415, 422, 503])
  createRule(@JsonBody() body: unknown): Promise<Defined> {
    return this.routes.create(body);
  }

  @Get()
  @ApiOperation({ summary: 'Rules by name.' })
  @answers(200, 'DefinitionPage', [400, 503])
  listRules(@Query(queryPipe()) query: PageQuery): Promise<Page<DefinitionView>> {
    return this.routes.list(query);
  }

  @Get(':rule')
  @ApiOperation({ summary: 'A rule.' })
  @ruleParameter()
  @answers(200, 'Definition', [400, 404, 503])
  getRule(@Param('rule', EventNamePipe) rule: string): Promise<DefinitionView> {
    return this.routes.one(rule);
  }

  @Put(':rule')
  @ApiOperation({
    summary: 'Replaces a rule, or makes it.',
    description: 'Firings go on as they were begun; what waits for other events is expired.',
  })
  @ruleParameter()
  @ifMatch()
  @ApiBody(refBody('RuleDefinition'))
  @answers(200, 'Defined', [400, 412, 413, 415, 422, 503])
  putRule(
    @Param('rule', EventNamePipe) rule: string,
    @JsonBody() body: unknown,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.put(rule, body, version);
  }

  @Delete(':rule')
  @ApiOperation({ summary: 'Removes a rule; its firings go on.' })
  @ruleParameter()
  @ifMatch()
  @answers(200, 'Defined', [400, 404, 412, 503])
  removeRule(
    @Param('rule', EventNamePipe) rule: string,
    @Query(queryPipe()) by: ChangedByQuery,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.remove(rule, by, version);
  }

  @Get(':rule/versions')
  @ApiOperation({ summary: 'All versions, newest first, with author and reason.' })
  @ruleParameter()
  @answers(200, 'DefinitionPage', [400, 404, 503])
  listRuleVersions(
    @Param('rule', EventNamePipe) rule: string,
    @Query(queryPipe()) query: PageQuery,
  ): Promise<Page<DefinitionView>> {
    return this.routes.versions(rule, query);
  }

  @Get(':rule/versions/:version')
  @ApiOperation({ summary: 'One version.' })
  @ruleParameter()
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @answers(200, 'Definition', [400, 404, 503])
  getRuleVersion(
    @Param('rule', EventNamePipe) rule: string,
    @Param('version', VersionPipe) version: number,
  ): Promise<DefinitionView> {
    return this.routes.one(rule, version);
  }
}
