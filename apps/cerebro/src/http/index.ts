export { configureHttp, HTTP_OPTIONS } from './configure-http.js';
export { HttpModule } from './http.module.js';
export { openApiDocument } from './openapi/document.js';
