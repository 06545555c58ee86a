import { Controller, Get, Param, Res } from '@nestjs/common';
import { ApiExcludeController } from '@nestjs/swagger';
import type { ServerResponse } from 'node:http';
import { pageFile, type PageFile } from './page-files.js';

/** One static page; everything that it shows it takes from the API. */
@ApiExcludeController()
@Controller()
export class MonitorController {
  @Get()
  index(@Res() response: ServerResponse): void {
    send(response, pageFile('index.html'));
  }

  @Get('monitor/:file')
  asset(@Param('file') file: string, @Res() response: ServerResponse): void {
    send(response, pageFile(file));
  }
}

function send(response: ServerResponse, { contentType, body }: PageFile): void {
  response.writeHead(200, { 'content-type': contentType, 'cache-control': 'no-cache' }).end(body);
}
