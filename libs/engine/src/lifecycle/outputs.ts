import type { JsonObject, JsonValue } from '@cordyna/protocol/model';
import type { Member, OutsideInput, Run, RunSeed } from '../model/index.js';
import type { MergedArgs } from '../args/merge-args.js';
import { mergeArgs } from '../args/merge-args.js';
import { argsSources } from '../args/sources.js';
import { elementsOf, memberIndex } from './lookup.js';

/** Of which to look through a list takes no longer than through a set. */
const FEW = 8;
const NOTHING_GIVEN: readonly DependencyOutput[] = [];

export type Output = OutsideInput['output'];

export interface DependencyOutput {
  readonly task: string;
  readonly output: Output;
}

const isList = (output: Output): output is readonly JsonObject[] => Array.isArray(output);

/** What a completed member gave; of a `forEach` the outputs of its elements in order of index. */
export function outputOf(run: Run, member: number): Output {
  const { output, elements } = run.tasks.at(member);
  if (elements) return elementsOf(run, elements).map((element) => element.output ?? {});
  return output ?? {};
}

/** What a member's dependencies gave, in declared order; those that gave nothing are left out. */
export function dependencyOutputs(
  run: Run,
  member: Member,
  outside: { readonly [task: string]: OutsideInput },
): readonly DependencyOutput[] {
  const { dependencies } = member;
  if (dependencies.length === 0) return NOTHING_GIVEN;
  const upstream = member.upstream.length > FEW ? new Set(member.upstream) : member.upstream;
  const isUpstream = (index: number): boolean =>
    upstream instanceof Set ? upstream.has(index) : upstream.includes(index);
  const found: DependencyOutput[] = [];
  for (const task of dependencies) {
    const index = memberIndex(run.seed.plan, task);
    const isInside = index !== undefined && isUpstream(index);
    const output = isInside ? outputOf(run, index) : outside[task]?.output;
    if (output !== undefined) found.push({ task, output });
  }
  return found;
}

/** The list that a `forEach` runs over; null when its source gave none. */
export function itemsOf(source: string, outputs: readonly DependencyOutput[]): readonly JsonValue[] | null {
  const output = outputs.find(({ task }) => task === source)?.output;
  if (!output || isList(output)) return null;
  return Array.isArray(output.items) ? (output.items as readonly JsonValue[]) : null;
}

/** The source's output as its elements see it: each has its own item, and not the whole list again. */
export const withoutItems = (
  source: string,
  outputs: readonly DependencyOutput[],
): readonly DependencyOutput[] =>
  outputs.map(({ task, output }) => {
    if (task !== source || isList(output)) return { task, output };
    const { items: _items, ...rest } = output;
    return { task, output: rest };
  });

/** Arguments of an invocation: what is declared and asked for, then the outputs of dependencies; lists merge nothing. */
export function invocationArgs(
  seed: RunSeed,
  member: Member,
  outputs: readonly DependencyOutput[],
): MergedArgs {
  const sources = argsSources(seed, member);
  for (const { task, output } of outputs)
    if (!isList(output)) sources.push({ origin: `output:${task}`, args: output });
  return mergeArgs(sources);
}

export function inputsOf(outputs: readonly DependencyOutput[]): JsonObject {
  const inputs: Record<string, Output> = {};
  for (const { task, output } of outputs) inputs[task] = output;
  return inputs;
}
