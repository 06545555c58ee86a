export type { ListOptions } from './list-options.js';
export { LocalKeyGenerator } from './local-key-generator.js';
export { S3KeyGenerator } from './s3-key-generator.js';
export type { S3Options } from './s3-key-generator.js';
