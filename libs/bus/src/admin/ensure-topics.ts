import { BusError } from '../errors.js';
import type { Directory, TopicLayout } from '../cluster/directory.js';
import type { Links } from '../cluster/links.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import type { BusTopicSpec, TopicReport } from '../port.js';
import { correctSettings } from './topic-settings.js';

const LEADER_CHECK_MS = 50;

/** Creates what is missing, corrects what differs. Two processes may do it at once. */
export async function ensureTopics(
  links: Links,
  directory: Directory,
  specs: readonly BusTopicSpec[],
  timeoutMs: number,
): Promise<TopicReport> {
  specs.forEach(({ name }) => directory.forget(name));
  const before = await usable(directory, specs);
  const missing = specs.filter(({ name }) => !before.has(name));
  const created = await createTopics(links, missing, timeoutMs);
  const layouts = missing.length === 0 ? before : await withLeaders(directory, specs, timeoutMs);
  const existing = specs.filter(({ name }) => !created.includes(name));
  const corrected = await correctSettings(links, existing, timeoutMs);
  const otherPartitions = specs.flatMap(({ name, partitions }) => {
    const actual = layouts.get(name)?.leaders.length ?? 0;
    return actual === partitions ? [] : [{ topic: name, wanted: partitions, actual }];
  });
  return { created, corrected, otherPartitions };
}

async function usable(
  directory: Directory,
  specs: readonly BusTopicSpec[],
): Promise<Map<string, TopicLayout>> {
  const found = new Map<string, TopicLayout>();
  for (const [topic, layout] of await directory.layouts(specs.map(({ name }) => name))) {
    if (!(layout instanceof BusError)) found.set(topic, layout);
    else if (layout.code !== 'unknown_topic') throw layout;
  }
  return found;
}

interface CreateFailure {
  readonly type?: string;
  readonly topic?: string;
}

/** Names of the topics that this call created; the others were there already. */
async function createTopics(
  links: Links,
  specs: readonly BusTopicSpec[],
  timeoutMs: number,
): Promise<string[]> {
  if (specs.length === 0) return [];
  const topics = specs.map(({ name, partitions, replicationFactor, config }) => ({
    topic: name,
    numPartitions: partitions,
    replicationFactor: replicationFactor ?? -1,
    configEntries: Object.entries(config).map(([key, value]) => ({ name: key, value })),
  }));
  const existing = await links.request('any', async (broker) => {
    try {
      await broker.createTopics({ topics, validateOnly: false, timeout: timeoutMs });
      return [];
    } catch (error) {
      return existingOf(error);
    }
  });
  return specs.map(({ name }) => name).filter((name) => !existing.includes(name));
}

/** kafkajs gives the failures of all topics in one error; that somebody else was faster is none. */
function existingOf(error: unknown): string[] {
  const { errors } = error as { errors?: readonly CreateFailure[] };
  if (errors === undefined) throw error;
  const real = errors.find(({ type }) => type !== 'TOPIC_ALREADY_EXISTS');
  if (real !== undefined) throw toBusError(real);
  return errors.map(({ topic }) => topic ?? '');
}

/** A new topic can be used when each partition has a leader. */
async function withLeaders(
  directory: Directory,
  specs: readonly BusTopicSpec[],
  timeoutMs: number,
): Promise<Map<string, TopicLayout>> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const layouts = await usable(directory, specs);
    const ready = specs.every(
      ({ name }) => layouts.get(name)?.leaders.every((leader) => leader >= 0) === true,
    );
    if (ready) return layouts;
    if (Date.now() > deadline) {
      throw new BusError('not_leader', `no leaders in ${timeoutMs} ms`, { retriable: true });
    }
    await new Promise((resolve) => setTimeout(resolve, LEADER_CHECK_MS));
  }
}
