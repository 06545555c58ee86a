import { isJsonObject, type JsonObject, type JsonValue } from '@cordyna/protocol/model';
import type { SermosReader, Tokens } from './sermos-reader.js';

const SECOND_MS = 1_000;

interface Graph {
  /** In the order in which the file names them first. */
  readonly nodes: readonly string[];
  /** node → what it depends on */
  readonly upstream: ReadonlyMap<string, readonly string[]>;
}

/**
 * A pipeline as the body of a job; null, with notes, when one of its nodes cannot be mapped: what is left of it would be
 * another pipeline.
 */
export function jobOfPipeline(pipeline: JsonObject, reader: SermosReader, at: Tokens): JsonObject | null {
  reader.onlyKnown(pipeline, ['name', 'description', 'config'], at);
  const { config, description, name } = pipeline;
  if (!isJsonObject(config)) {
    reader.note('dropped', at, 'has no config');
    return null;
  }
  const inConfig = [...at, 'config'];
  reader.onlyKnown(config, ['dagAdjacency', 'metadata', 'taskDefinitions'], inConfig);
  const graph = graphOf(config, reader, inConfig);
  const taskOf = graph && tasksOf(graph, config, reader, inConfig);
  if (!graph || !taskOf) return null;
  const limits = limitsOf(config, reader, [...inConfig, 'metadata']);
  const [told, member] = description === undefined ? [name, 'name'] : [description, 'description'];
  const text = told === undefined ? null : reader.text(told, [...at, member]);
  if (description !== undefined && name !== undefined && name !== at.at(-1))
    reader.note('dropped', [...at, 'name'], 'has no counterpart beside the description');
  return {
    ...(text === null ? {} : { description: text }),
    tasks: graph.nodes.map((node) => ({
      task: taskOf.get(node) ?? '',
      dependsOn: (graph.upstream.get(node) ?? []).map((other) => taskOf.get(other) ?? ''),
      ...limits,
    })),
  };
}

function graphOf({ dagAdjacency }: JsonObject, reader: SermosReader, at: Tokens): Graph | null {
  const inGraph = [...at, 'dagAdjacency'];
  if (!isJsonObject(dagAdjacency) || Object.keys(dagAdjacency).length === 0) {
    reader.note('dropped', inGraph, 'must be an object of nodes, each with its downstream nodes');
    return null;
  }
  const nodes = new Set<string>();
  const upstream = new Map<string, string[]>();
  let isGood = true;
  for (const [key, downstream] of Object.entries(dagAdjacency)) {
    const inNode = [...inGraph, key];
    const node = reader.text(key, inNode);
    const others = downstreamOf(downstream, reader, inNode);
    if (node !== null) nodes.add(node);
    isGood &&= node !== null && others !== null;
    if (node === null) continue;
    for (const other of others ?? []) {
      nodes.add(other);
      upstream.set(other, [...new Set([...(upstream.get(other) ?? []), node])]);
    }
  }
  return isGood ? { nodes: [...nodes], upstream } : null;
}

function downstreamOf(
  sent: JsonValue | undefined,
  reader: SermosReader,
  at: Tokens,
): readonly string[] | null {
  const list: unknown = sent ?? [];
  if (!Array.isArray(list) || !list.every((one) => typeof one === 'string')) {
    reader.note('dropped', at, 'must be a list of nodes');
    return null;
  }
  const names = list.map((one, index) => reader.text(one, [...at, index]));
  return names.every((name) => name !== null) ? names : null;
}

/** node → task; null when a node has none, or two have the same: a task is in a job once. */
function tasksOf(
  { nodes }: Graph,
  { taskDefinitions }: JsonObject,
  reader: SermosReader,
  at: Tokens,
): ReadonlyMap<string, string> | null {
  const defined = isJsonObject(taskDefinitions) ? taskDefinitions : {};
  const inTasks = [...at, 'taskDefinitions'];
  const tasks = new Map<string, string>();
  const nodeOf = new Map<string, string>();
  const keyOf = new Map<string | null, string>();
  for (const key of Object.keys(defined)) {
    const node = reader.text(key, [...inTasks, key]);
    if (node !== null && !nodes.includes(node))
      reader.note('dropped', [...inTasks, key], 'is no node of dagAdjacency: it never ran');
    keyOf.set(node, key);
  }
  for (const node of nodes) {
    const key = keyOf.get(node) ?? node;
    const definition = defined[key];
    const inNode = [...inTasks, key];
    if (!isJsonObject(definition)) {
      reader.note('dropped', inNode, `the node ${node} of dagAdjacency is not defined here`);
      continue;
    }
    reader.onlyKnown(definition, ['handler', 'queue'], inNode);
    if (definition.queue !== undefined) noteQueue(reader, [...inNode, 'queue']);
    const task = reader.task(definition.handler, [...inNode, 'handler']);
    if (task === null) continue;
    const twin = nodeOf.get(task);
    if (twin !== undefined) {
      const message = `${node} and ${twin} are both ${task}, and a task is in a job once: give one of them another task in \`handlers\``;
      reader.note('dropped', [...inNode, 'handler'], message);
      continue;
    }
    nodeOf.set(task, node);
    tasks.set(node, task);
  }
  return tasks.size === nodes.length ? tasks : null;
}

export const noteQueue = (reader: SermosReader, at: Tokens): void =>
  reader.note('dropped', at, 'has no counterpart: each task server has a queue of its own');

/** What each task of the pipeline has of `metadata`. */
function limitsOf({ metadata }: JsonObject, reader: SermosReader, at: Tokens): JsonObject {
  if (metadata === undefined || metadata === null) return {};
  if (!isJsonObject(metadata)) {
    reader.note('dropped', at, 'must be an object');
    return {};
  }
  reader.onlyKnown(metadata, ['maxRetry', 'maxTtl', 'queue'], at);
  if (metadata.queue !== undefined) noteQueue(reader, [...at, 'queue']);
  const retries =
    metadata.maxRetry === undefined ? null : reader.whole(metadata.maxRetry, 0, [...at, 'maxRetry']);
  const seconds = metadata.maxTtl === undefined ? null : reader.whole(metadata.maxTtl, 1, [...at, 'maxTtl']);
  return {
    ...(retries === null ? {} : { retry: { maxAttempts: retries + 1 } }),
    ...(seconds === null ? {} : { timeouts: { completeMs: seconds * SECOND_MS } }),
  };
}
