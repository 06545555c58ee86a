import type { INestApplication } from '@nestjs/common';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { SCHEMAS } from './schemas.js';

const ABOUT =
  `Cordyna coordinates tasks that live in many teams' servers. All times are RFC 3339 in UTC; errors are
problem details (RFC 9457) whose \`type\` is stable.`.replace('\n', ' ');

/** OpenAPI 3.1 of all calls, made of the controllers' decorators and the schemas of the protocol. */
export function openApiDocument(app: INestApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Cordyna')
    .setDescription(ABOUT)
    .setVersion('1')
    .setLicense('Apache-2.0', 'https://www.apache.org/licenses/LICENSE-2.0')
    .build();
  const operationIdFactory = (_controller: string, method: string) => method;
  const document = SwaggerModule.createDocument(app, options, { operationIdFactory });
  const schemas = { ...document.components?.schemas, ...SCHEMAS };
  return { ...document, components: { ...document.components, schemas } } as OpenAPIObject;
}
