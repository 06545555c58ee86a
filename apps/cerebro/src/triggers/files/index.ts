export { CordynaYaml } from './cordyna-yaml.js';
