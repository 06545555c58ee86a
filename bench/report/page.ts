import type { Figures } from '../figures/figures.js';
import { graphTable, growthTable, openLoadTable, scheduleTable } from '../figures/more-tables.js';
import { partsTable } from '../figures/parts.js';
import { idleTable, throughputTable } from '../figures/table.js';

const BEGIN = '<!-- figures: begin -->';
const END = '<!-- figures: end -->';

const block = (text: string): string => `\`\`\`text\n${text}\n\`\`\``;

function standingOf({ validity: { valid, findings }, machine }: Figures): string {
  if (!valid)
    return `**This run is void**: ${findings.join('; ')}. Of it only ratios say something, and little.`;
  const asKnown = machine.isReference
    ? ['The baselines are what they should be on this class of machine']
    : [];
  return `${[...asKnown, ...findings].join('; ')}.`;
}

/** What `npm run bench:report` puts between the marks of docs/performance.md. */
export function figuresSection(figures: Figures, plots: Iterable<string>): string {
  const { at, quick, plan, parts, machine, summaries, idle, openLoad, growth, graph, schedules } = figures;
  const where = `${machine.cores} cores of ${machine.cpu}, ${machine.memoryGiB} GiB, Node ${machine.node}`;
  const how = quick ? '`npm run bench -- --quick`' : '`npm run bench`';
  const tables = [
    summaries.length > 0 ? throughputTable(summaries) : null,
    idle && idleTable(idle, plan.idle),
    openLoad && openLoadTable(openLoad),
    growth && growthTable(growth),
    schedules && scheduleTable(schedules),
    graph && graphTable(graph),
    parts.length > 0 ? partsTable(parts) : null,
  ].flatMap((table) => (table ? [block(table)] : []));
  const images = [...plots].map((file) => `![${file.replace('.svg', '')}](performance/${file})`);
  const head = `Measured ${at.slice(0, 10)} by ${how} on ${where}. ${standingOf(figures)}`;
  return [head, ...images, ...tables].join('\n\n');
}

/** @throws Error when the page has no marks */
export function withFigures(page: string, section: string): string {
  const begin = page.indexOf(BEGIN);
  const end = page.indexOf(END);
  if (begin < 0 || end < begin) throw new Error(`docs/performance.md needs the lines ${BEGIN} and ${END}`);
  return `${page.slice(0, begin + BEGIN.length)}\n\n${section}\n\n${page.slice(end)}`;
}
