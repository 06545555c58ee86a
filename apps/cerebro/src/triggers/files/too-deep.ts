import { Lexer } from 'yaml';

/** Far beyond what JSON may be nested here; deeper texts cost the parser time that grows with the square of it. */
const MAX_DEPTH = 64;
const OPENING = new Set(['[', '{']);
const CLOSING = new Set([']', '}']);
/** What begins a collection within a line of others: `- - - a`. */
const COMPACT = new Set(['-', '?', ':']);

/** Of a document, an end of a collection that was left open, a scalar: they stand for no characters. */
const CONTROL = new Set(['\u0002', '\u0018', '\u001f']);

/** Where a text of YAML is nested deeper than anything that could be meant; null when it is not. */
export function tooDeepAt(text: string): number | null {
  let offset = 0;
  let depth = 0;
  let inLine = 0;
  for (const token of new Lexer().lex(text)) {
    if (OPENING.has(token)) depth += 1;
    else if (CLOSING.has(token)) depth -= 1;
    else if (token === '\n' || token === '\r\n') inLine = 0;
    else if (COMPACT.has(token) && depth === 0) inLine += 1;
    if (depth > MAX_DEPTH || inLine > MAX_DEPTH) return offset;
    if (!CONTROL.has(token)) offset += token.length;
  }
  return null;
}
