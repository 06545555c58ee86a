/** A file name with at most one `*`: what that stands for is the key, by which files of several folders belong together. */
export class Pattern {
  private readonly before: string;
  private readonly after: string | undefined;

  constructor(readonly text: string) {
    const [before = '', after] = text.split('*');
    this.before = before;
    this.after = after;
  }

  static isValid = (text: string): boolean =>
    text !== '' && !text.includes('/') && !text.startsWith('.') && text.split('*').length <= 2;

  /** The key of a file, or undefined when it is not meant. Without a `*` there is one file, whose key is empty. */
  keyOf(name: string): string | undefined {
    const { before, after } = this;
    if (after === undefined) return name === before ? '' : undefined;
    const fits =
      name.startsWith(before) && name.endsWith(after) && name.length >= before.length + after.length;
    return fits ? name.slice(before.length, name.length - after.length) : undefined;
  }

  nameOf(key: string): string {
    return this.after === undefined ? this.before : `${this.before}${key}${this.after}`;
  }
}
