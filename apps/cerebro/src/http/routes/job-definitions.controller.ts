import { Controller, Delete, Get, Headers, HttpCode, Inject, Param, Post, Put, Query } from '@nestjs/common';
import { ApiBody, ApiHeader, ApiOperation, ApiParam, ApiTags } from '@nestjs/swagger';
import { isName } from '@cordyna/protocol/model';
import { DefinitionQueries, Definitions, type DefinitionView, type Page } from '../../coordination/index.js';
import { answers, refBody } from '../openapi/decorators.js';
import { JsonBody } from '../request/json-body.js';
import { ChangedByQuery, NamePipe, PageQuery, queryPipe, VersionPipe } from '../request/parameters.js';
import { DefinitionRoutes, type Defined } from './definition-routes.js';

const jobParameter = () => ApiParam({ name: 'job', description: 'A bare name.' });
const ifMatch = () =>
  ApiHeader({
    name: 'If-Match',
    description: 'The version that is changed; 412 when another one is in force.',
  });

/** Jobs that no server declares: tasks of any servers, with edges and arguments of their own. */
@ApiTags('jobs')
@Controller('api/v1/job-definitions')
export class JobDefinitionsController {
  private readonly routes: DefinitionRoutes;

  constructor(
    @Inject(Definitions) definitions: Definitions,
    @Inject(DefinitionQueries) queries: DefinitionQueries,
  ) {
    this.routes = new DefinitionRoutes('job', isName, definitions, queries);
  }

  @Post()
  @HttpCode(201)
  @ApiOperation({
    summary: 'Defines a job.',
    description: 'Members that no server declares yet are warnings; a run needs all of them.',
  })
  @ApiBody(refBody('NamedJobDefinition'))
  @answers(201, 'Defined', [400, 409, 413, 415, 422, 503])
  createJobDefinition(@JsonBody() body: unknown): Promise<Defined> {
    return this.routes.create(body);
  }

  @Get()
  @ApiOperation({ summary: 'Job definitions by name, those of task servers excepted.' })
  @answers(200, 'DefinitionPage', [400, 503])
  listJobDefinitions(@Query(queryPipe()) query: PageQuery): Promise<Page<DefinitionView>> {
    return this.routes.list(query);
  }

  @Get(':job')
  @ApiOperation({ summary: 'A job definition.' })
  @jobParameter()
  @answers(200, 'Definition', [400, 404, 503])
  getJobDefinition(@Param('job', NamePipe) job: string): Promise<DefinitionView> {
    return this.routes.one(job);
  }

  @Put(':job')
  @ApiOperation({
    summary: 'Replaces a job definition, or makes it.',
    description: 'The version before is kept; runs that exist go on as they were begun.',
  })
  @jobParameter()
  @ifMatch()
  @ApiBody(refBody('JobDefinition'))
  @answers(200, 'Defined', [400, 412, 413, 415, 422, 503])
  putJobDefinition(
    @Param('job', NamePipe) job: string,
    @JsonBody() body: unknown,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.put(job, body, version);
  }

  @Delete(':job')
  @ApiOperation({ summary: 'Removes a job definition; its versions can still be read.' })
  @jobParameter()
  @ifMatch()
  @answers(200, 'Defined', [400, 404, 412, 503])
  removeJobDefinition(
    @Param('job', NamePipe) job: string,
    @Query(queryPipe()) by: ChangedByQuery,
    @Headers('if-match') version: string | undefined,
  ): Promise<Defined> {
    return this.routes.remove(job, by, version);
  }

  @Get(':job/versions')
  @ApiOperation({ summary: 'All versions, newest first, with author and reason.' })
  @jobParameter()
  @answers(200, 'DefinitionPage', [400, 404, 503])
  listJobVersions(
    @Param('job', NamePipe) job: string,
    @Query(queryPipe()) query: PageQuery,
  ): Promise<Page<DefinitionView>> {
    return this.routes.versions(job, query);
  }

  @Get(':job/versions/:version')
  @ApiOperation({ summary: 'One version.' })
  @jobParameter()
  @ApiParam({ name: 'version', schema: { type: 'integer', minimum: 1 } })
  @answers(200, 'Definition', [400, 404, 503])
  getJobVersion(
    @Param('job', NamePipe) job: string,
    @Param('version', VersionPipe) version: number,
  ): Promise<DefinitionView> {
    return this.routes.one(job, version);
  }
}
