/** Bars of the same series in groups, each group with a scale of its own. */
export interface BarGroup {
  readonly title: string;
  /** Same order as the series; null: nothing was measured. */
  readonly values: readonly (number | null)[];
  readonly format: (value: number) => string;
}

const COLOURS = ['#0b6e4f', '#8a8d91', '#c08a2b', '#3b6ea8', '#a04668'] as const;
const WIDTH = 760;
const LABEL = 150;
const BAR = 18;
const GAP = 26;
const TOP = 64;
const VALUE = 90;

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

const text = (x: number, y: number, content: string, extra = ''): string =>
  `<text x="${x.toFixed(0)}" y="${y.toFixed(0)}"${extra}>${escaped(content)}</text>`;

const bar = (x: number, y: number, width: number, at: number): string =>
  `<rect x="${x}" y="${y}" width="${width.toFixed(1)}" height="${BAR - 4}" fill="${COLOURS[at % COLOURS.length]}"/>`;

function drawGroup({ title, values, format }: BarGroup, top: number): string[] {
  const most = Math.max(...values.map((value) => value ?? 0), Number.MIN_VALUE);
  const label = text(LABEL - 10, top + (values.length * BAR) / 2, title, ' text-anchor="end"');
  const bars = values.map((value, at) => {
    const width = ((value ?? 0) / most) * (WIDTH - LABEL - VALUE);
    const y = top + at * BAR;
    return (
      bar(LABEL, y, width, at) +
      text(LABEL + width + 6, y + 11, value === null ? 'not measured' : format(value))
    );
  });
  return [label, ...bars];
}

/** One bar chart as SVG text. */
export function barChart(title: string, series: readonly string[], groups: readonly BarGroup[]): string {
  const legend = series.map(
    (name, at) => bar(LABEL + at * 150, 32, 12, at) + text(LABEL + at * 150 + 18, 43, name),
  );
  const rows: string[] = [];
  let y = TOP;
  for (const group of groups) {
    rows.push(...drawGroup(group, y));
    y += group.values.length * BAR + GAP;
  }
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${y}" viewBox="0 0 ${WIDTH} ${y}" font-family="system-ui, sans-serif" font-size="12" fill="#222" role="img" aria-label="${escaped(title)}">`,
    `<rect width="${WIDTH}" height="${y}" fill="#ffffff"/>`,
    text(12, 20, title, ' font-size="14" font-weight="600"'),
    ...legend,
    ...rows,
    '</svg>',
    '',
  ].join('\n');
}
