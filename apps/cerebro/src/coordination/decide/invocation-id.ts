import { hash } from 'node:crypto';
import { parse, v5 as uuidv5 } from 'uuid';
import type { Item } from '@cordyna/protocol/model';

/** Namespace of invocation ids (UUID version 5). */
const INVOCATIONS = '5f0cf9a4-1e0f-5d0e-9d5a-6f2d6b1a7c11';
const NAMESPACE_BYTES = 16;
const MOST_CHARACTERS = 330;

const bytes = Buffer.alloc(NAMESPACE_BYTES + MOST_CHARACTERS * 3);
bytes.set(parse(INVOCATIONS), 0);

const VARIANTS = '89ab';

/** The same for the same attempt, whenever it is decided. As the package `uuid` makes it, in a third of the time. */
export function invocationId(run: string, task: string, item: Item | null, attempt: number): string {
  const name = `${run}\n${task}\n${item?.index ?? ''}\n${attempt}`;
  if (name.length > MOST_CHARACTERS) return uuidv5(name, INVOCATIONS);
  const end = NAMESPACE_BYTES + bytes.write(name, NAMESPACE_BYTES);
  const hex = hash('sha1', bytes.subarray(0, end), 'hex');
  const variant = VARIANTS[parseInt(hex.charAt(16), 16) & 3] ?? '';
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-5${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
