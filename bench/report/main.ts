import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { format, resolveConfig } from 'prettier';
import type { Figures } from '../figures/figures.js';
import { planOf } from '../plans.js';
import { figuresSection, withFigures } from './page.js';
import { plotsOf } from './plots.js';

const PAGE = 'docs/performance.md';
const PLOTS = 'docs/performance';

const { values } = parseArgs({
  options: {
    from: { type: 'string', default: '.cordyna/bench/figures.json' },
    'even-void': { type: 'boolean', default: false },
  },
});
const written = JSON.parse(readFileSync(values.from, 'utf8')) as Omit<Figures, 'plan' | 'parts'> &
  Partial<Figures>;
/** What was written before plans were has no parts, and its plan was that of today if it was a whole one. */
const figures: Figures = {
  plan: planOf({ quick: written.quick, passes: null, warmUpMs: null }),
  parts: [],
  ...written,
};
if (written.quick && !written.plan) {
  process.stderr.write(`${values.from} is a quick run without its plan: run it again\n`);
  process.exit(1);
}
if (!figures.validity.valid && !values['even-void']) {
  process.stderr.write(
    `${values.from} is void (${figures.validity.findings.join('; ')}): nothing was drawn\n`,
  );
  process.exit(1);
}
const plots = plotsOf(figures);
rmSync(PLOTS, { recursive: true, force: true });
mkdirSync(PLOTS, { recursive: true });
for (const [file, svg] of plots) writeFileSync(`${PLOTS}/${file}`, svg);
const page = withFigures(readFileSync(PAGE, 'utf8'), figuresSection(figures, plots.keys()));
writeFileSync(PAGE, await format(page, { ...(await resolveConfig(PAGE)), parser: 'markdown' }));
process.stdout.write(`${PAGE} and ${plots.size} plots in ${PLOTS} are drawn from ${values.from}\n`);
