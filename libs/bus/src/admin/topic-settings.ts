import { BusError } from '../errors.js';
import type { Links } from '../cluster/links.js';
import { alterTopicSettings } from '../cluster/requests.js';
import type { TopicSettings } from '../cluster/requests.js';
import { toBusError } from '../kafkajs/error-mapping.js';
import { internals } from '../kafkajs/internals.js';
import type { BusTopicSpec, TopicReport } from '../port.js';

const TOPIC_RESOURCE = 2;
const APPLIED_CHECK_MS = 20;

/**
 * Gives topics the settings that they should have, and returns the names of those that it changed when a broker goes by
 * them: the controller answers before the brokers have heard of it, and what is appended until then follows the old ones.
 */
export async function correctSettings(
  links: Links,
  specs: readonly BusTopicSpec[],
  timeoutMs: number,
): Promise<TopicReport['corrected']> {
  const changes = await differing(links, specs);
  if (changes.length === 0) return [];
  await alter(links, changes);
  const changed = specs.filter(({ name }) => changes.some(({ topic }) => topic === name));
  await applied(links, changed, timeoutMs);
  return changes.map(({ topic, settings }) => ({ topic, settings: Object.keys(settings) }));
}

/** The settings of each topic that a broker knows otherwise. */
async function differing(links: Links, specs: readonly BusTopicSpec[]): Promise<TopicSettings[]> {
  const withSettings = specs.filter(({ config }) => Object.keys(config).length > 0);
  if (withSettings.length === 0) return [];
  const resources = withSettings.map(({ name, config }) => ({
    type: TOPIC_RESOURCE,
    name,
    configNames: Object.keys(config),
  }));
  const described = await links.request('any', (broker) =>
    broker.describeConfigs({ resources, includeSynonyms: false }),
  );
  return withSettings.flatMap(({ name, config }): TopicSettings[] => {
    const entries =
      described.resources.find(({ resourceName }) => resourceName === name)?.configEntries ?? [];
    const actual = new Map(entries.map(({ configName, configValue }) => [configName, configValue]));
    const settings = Object.entries(config).filter(([key, value]) => actual.get(key) !== value);
    return settings.length === 0 ? [] : [{ topic: name, settings: Object.fromEntries(settings) }];
  });
}

async function alter(links: Links, changes: readonly TopicSettings[]): Promise<void> {
  const answer = await links.request('any', (broker) => alterTopicSettings(broker, changes));
  const failed = answer.resources.find(({ errorCode }) => errorCode !== 0);
  if (failed === undefined) return;
  const cause = toBusError(internals.createErrorFromCode(failed.errorCode));
  const text = `${failed.topic}: ${failed.errorMessage ?? cause.message}`;
  throw new BusError(cause.code, text, { retriable: cause.retriable, cause });
}

async function applied(links: Links, specs: readonly BusTopicSpec[], timeoutMs: number): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const late = await differing(links, specs);
    if (late.length === 0) return;
    if (Date.now() > deadline) {
      const which = late.map(({ topic, settings }) => `${topic} (${Object.keys(settings).join(', ')})`);
      const text = `taken, but not applied in ${timeoutMs} ms: ${which.join('; ')}`;
      throw new BusError('timed_out', text, { retriable: true });
    }
    await new Promise((resolve) => setTimeout(resolve, APPLIED_CHECK_MS));
  }
}
