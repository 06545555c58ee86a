import { withAdmin } from '@cordyna/testkit';
import { INBOUND_TOPICS } from '../checker/evidence.js';
import { query, type Sources } from './sources.js';

/** `<topic>/<partition>` of what is not read to its end. */
export async function unread(site: Sources): Promise<string[]> {
  const rows = await query<{ id: string; next: number }>(
    site,
    `SELECT topic || '/' || partition AS id, next_offset::float8 AS next FROM positions`,
  );
  const positions = new Map(rows.map(({ id, next }) => [id, next]));
  return withAdmin(site.brokers, async (admin) => {
    const found: string[] = [];
    for (const topic of INBOUND_TOPICS.map((name) => `${site.prefix}.${name}`)) {
      for (const { partition, high } of await admin.fetchTopicOffsets(topic))
        if ((positions.get(`${topic}/${partition}`) ?? 0) < Number(high)) found.push(`${topic}/${partition}`);
    }
    return found;
  });
}
