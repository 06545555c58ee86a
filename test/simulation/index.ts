export { simulateOnBoth } from './postgres/compare.js';
export { ownServer } from './postgres/own-server.js';
export { shrink } from './shrink.js';
export { simulate } from './simulate.js';
