import { StringDecoder } from 'node:string_decoder';
import type { TaskLogger } from '@cordyna/task-server';

export type Channel = 'stdout' | 'stderr';

const LINE_CHARACTERS = 4_000;
const LAST_LINES = 20;

interface Open {
  readonly decoder: StringDecoder;
  text: string;
  cut: number;
}
const opened = (): Open => ({ decoder: new StringDecoder('utf8'), text: '', cut: 0 });

/**
 * What a process writes, as lines of the task's log while it runs. However much it writes, only so many lines are shown
 * and no more than one line per channel and the last ones are kept.
 */
export class OutputLines {
  private readonly open: Readonly<Record<Channel, Open>> = { stdout: opened(), stderr: opened() };
  private readonly lastLines: { readonly channel: Channel; readonly line: string }[] = [];
  private count = 0;

  constructor(
    private readonly logger: TaskLogger,
    private readonly shownLines: number,
  ) {}

  get lines(): number {
    return this.count;
  }

  write(channel: Channel, chunk: Buffer): void {
    this.take(channel, this.open[channel].decoder.write(chunk));
  }

  /** The last line may have no end; afterwards says what was left out. */
  end(): void {
    for (const channel of ['stdout', 'stderr'] as const) {
      this.take(channel, this.open[channel].decoder.end());
      if (this.open[channel].text !== '') this.line(channel);
    }
    const left = this.count - this.shownLines;
    if (left <= 0) return;
    const kept = this.lastLines.slice(-left);
    this.logger.warn(`${left - kept.length} lines are not shown; the last ones of ${this.count}:`);
    for (const { channel, line } of kept) this.show(channel, line);
  }

  /** The last lines, those of standard error if there are any. */
  last(): string[] {
    const errors = this.lastLines.filter(({ channel }) => channel === 'stderr');
    return (errors.length > 0 ? errors : this.lastLines).map(({ line }) => line);
  }

  private take(channel: Channel, text: string): void {
    const open = this.open[channel];
    const pieces = text.split('\n');
    for (const [index, piece] of pieces.entries()) {
      const room = LINE_CHARACTERS - open.text.length;
      open.text += piece.slice(0, room);
      open.cut += Math.max(0, piece.length - room);
      if (index < pieces.length - 1) this.line(channel);
    }
  }

  private line(channel: Channel): void {
    const open = this.open[channel];
    const text = open.text.replace(/\r$/, '');
    const line = open.cut > 0 ? `${text}… (${open.cut} more characters)` : text;
    [open.text, open.cut] = ['', 0];
    this.count += 1;
    this.lastLines.push({ channel, line });
    if (this.lastLines.length > LAST_LINES) this.lastLines.shift();
    if (this.count <= this.shownLines) this.show(channel, line);
  }

  private show(channel: Channel, line: string): void {
    if (channel === 'stdout') this.logger.info(line);
    else this.logger.warn(line);
  }
}
