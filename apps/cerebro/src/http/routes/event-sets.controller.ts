import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { isEventName } from '@cordyna/protocol/model';
import { DefinitionQueries, Definitions, type DefinitionView, type Page } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { JsonBody } from '../request/json-body.js';
import { ChangedByQuery, EventNamePipe, PageQuery, queryPipe, VersionPipe } from '../request/parameters.js';
import { DefinitionRoutes, type Defined } from './definition-routes.js';

const setParameter = () => ApiParam({ name: 'set' });
const ifMatch = () =>
  ApiHeader({
    name: 'If-Match',
    description: 'The version that is changed; 412 when another one is in force.',
  });

/** Which events complete a set. */
@ApiTags('rules')
@Controller('api/v1/event-sets')
export class EventSetsController {
  private readonly routes: DefinitionRoutes;

  constructor(
    @Inject(Definitions) definitions: Definitions,
    @Inject(DefinitionQueries) queries: DefinitionQueries,
  ) {
    this.routes = new DefinitionRoutes('event-set', isEventName, definitions, queries);
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({
    summary: 'Defines an event set.',
  })
  @ApiBody(refBody('NamedEventSet'))
  @answers(201, 'Defined', [400, 409, 413, 415, 422, 503])
  createEventSet(@JsonBody() body: unknown): Promise<Defined> {
    return this.routes.create(body);
  }

  @Get()
  @ApiOperation({ summary: 'Event sets by name.' })
  @answers(200, 'DefinitionPage', [400, 503])
  listEventSets(@Query(queryPipe()) query: PageQuery): Promise<Page<DefinitionView>> {
    return this.routes.list(query);
  }

  @Get(':set')
  @ApiOperation({ summary: 'An event set.' })
  @setParameter()
  @answers(200, 'Definition', [400, 404, 503])
  getEventSet(@Param('set', EventNamePipe) set: string): Promise<DefinitionView> {
    return this.routes.one(set);
  }

  @Put(':set')
  @ApiOperation({
    summary: 'Replaces an event set, or makes it.',
    description: 'What waits in it for other events is expired.',
  })
  @setParameter()
  @ifMatch()
  @ApiBody(refBody('EventSetDefinition'))
  @answers(200, 'Defined', [400, 412, 413, 415, 422, 503])
  putEventSet(
    @Param('set', EventNamePipe) set: string,
    @JsonBody() body: unknown,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.put(set, body, version);
  }

  @Delete(':set')
  @ApiOperation({ summary: 'Removes an event set: rules on it fire no more.' })
  @setParameter()
  @ifMatch()
  @answers(200, 'Defined', [400, 404, 412, 503])
  removeEventSet(
    @Param('set', EventNamePipe) set: string,
    @Query(queryPipe()) by: ChangedByQuery,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.remove(set, by, version);
  }

  @Get(':set/versions')
  @ApiOperation({ summary: 'All versions, newest first, with author and reason.' })
  @setParameter()
  @answers(200, 'DefinitionPage', [400, 404, 503])
  listEventSetVersions(
    @Param('set', EventNamePipe) set: string,
    @Query(queryPipe()) query: PageQuery,
  ): Promise<Page<DefinitionView>> {
    return this.routes.versions(set, query);
  }

  @Get(':set/versions/:version')
  @ApiOperation({ summary: 'One version.' })
  @setParameter()
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @answers(200, 'Definition', [400, 404, 503])
  getEventSetVersion(
    @Param('set', EventNamePipe) set: string,
    @Param('version', VersionPipe) version: number,
  ): Promise<DefinitionView> {
    return this.routes.one(set, version);
  }
}
