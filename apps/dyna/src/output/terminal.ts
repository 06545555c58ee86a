import { styleText } from 'node:util';

/** Where the output goes; tests collect it. */
export interface Sink {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly rows?: number;
}

export type Style = Parameters<typeof styleText>[0];

export class Terminal {
  readonly live: boolean;

  constructor(
    private readonly out: Sink,
    private readonly err: Sink,
    private readonly color: boolean,
  ) {
    this.live = out.isTTY === true;
  }

  line(text = ''): void {
    this.out.write(`${text}\n`);
  }

  /** As it is. */
  text(text: string): void {
    this.out.write(text);
  }

  json(value: unknown, indent = 2): void {
    this.line(JSON.stringify(value, null, indent));
  }

  problem(text: string): void {
    this.err.write(`${text}\n`);
  }

  style(style: Style, text: string): string {
    return this.color && this.live ? styleText(style, text) : text;
  }

  /** Draws lines over those drawn before, of which there were `previous`; gives how many it drew. */
  redraw(lines: readonly string[], previous: number): number {
    const room = (this.out.rows ?? Infinity) - 2;
    const cut = lines.length > room ? [...lines.slice(0, room), `… ${lines.length - room} more`] : lines;
    const up = previous > 0 ? `\u001b[${previous}A\u001b[0J` : '';
    // A wrapped line would be two lines on the screen: cut them off at the edge while drawing.
    this.out.write(`${up}\u001b[?7l${cut.join('\n')}\u001b[?7h\n`);
    return cut.length;
  }
}
