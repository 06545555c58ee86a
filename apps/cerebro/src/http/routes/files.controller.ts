import { Controller, Get, Header, HttpCode, Inject, Post, Query } from '@nestjs/common';
import { ApiBody, ApiConsumes, ApiOperation, ApiTags } from '@nestjs/swagger';
import { cordynaFileSchema } from '@cordyna/protocol/wire';
import type { JsonObject } from '@cordyna/protocol/model';
import { Files, type Applied, type SermosImport } from '../../coordination/index.js';
import { answers, answersText, refBody } from '../openapi/decorators.js';
import { JsonBody } from '../request/json-body.js';
import { ApplyQuery, queryPipe } from '../request/parameters.js';
import { toSermosBody } from '../request/sermos-body.js';
import { YamlBody } from '../request/yaml-body.js';

const YAML = 'application/yaml';

/** Everything that is defined, as one file. */
@ApiTags('files')
@Controller('api/v1')
export class FilesController {
  constructor(@Inject(Files) private readonly files: Files) {}

  @Post('apply')
  @HttpCode(200)
  @ApiOperation({
    summary: 'Makes everything that a cordyna.yaml names like that, or nothing.',
    description: 'Every error has its JSON pointer, its line and its column in the file.',
  })
  @ApiConsumes(YAML, 'application/json')
  @ApiBody(refBody('CordynaFile'))
  @answers(200, 'Applied', [400, 404, 409, 412, 413, 415, 422, 503])
  apply(@YamlBody() text: string, @Query(queryPipe()) query: ApplyQuery): Promise<Applied> {
    const { author = null, reason = null, dryRun, prune } = query;
    return this.files.apply(text, { author, reason }, { isDryRun: dryRun, isPruning: prune });
  }

  @Get('apply/schema')
  @ApiOperation({ summary: 'JSON Schema of a cordyna.yaml, for editors.' })
  @answers(200, 'CordynaFileSchema', [])
  schema(): JsonObject {
    return cordynaFileSchema();
  }

  @Get('export')
  @Header('content-type', `${YAML}; charset=utf-8`)
  @ApiOperation({ summary: 'Everything that is defined, as a cordyna.yaml.' })
  @answersText(YAML, [503])
  export(): Promise<string> {
    return this.files.export();
  }

  @Post('import/sermos')
  @HttpCode(200)
  @ApiOperation({
    summary: 'A sermos.yaml as a cordyna.yaml, with everything that has no counterpart; changes nothing.',
  })
  @ApiBody(refBody('SermosFile'))
  @answers(200, 'SermosImport', [400, 413, 415, 422])
  importSermos(@JsonBody() body: unknown): SermosImport {
    const { file, ...options } = toSermosBody(body);
    return this.files.importSermos(file, options);
  }
}
