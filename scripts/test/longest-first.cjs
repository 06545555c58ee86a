// Longest first, so that no long file is left over at the end, when the other workers have nothing to do any more.
const { existsSync, readFileSync } = require('node:fs');
const { join, relative } = require('node:path');
const { default: Sequencer } = require('@jest/test-sequencer');

/** Of a file that has not been noted yet. */
const UNKNOWN_SECONDS = 30;
const noted = join(__dirname, 'file-seconds.json');
const seconds = existsSync(noted) ? JSON.parse(readFileSync(noted, 'utf8')) : {};

/** Jest takes the class as the module itself. */
module.exports = class LongestFirst extends Sequencer {
  sort(tests) {
    const of = ({ path, context }) =>
      seconds[relative(context.config.rootDir, path).replaceAll('\\', '/')] ?? UNKNOWN_SECONDS;
    return [...tests].sort((a, b) => of(b) - of(a) || (a.path < b.path ? -1 : 1));
  }
};
