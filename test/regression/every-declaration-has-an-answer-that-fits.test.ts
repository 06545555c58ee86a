import { expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { MAX_VALUE_BYTES } from '@cordyna/protocol/model';
import { openDoor } from '../../apps/cerebro/test/support/open-door.js';

const LONG = 'l'.repeat(64);
const many = (count: number, of: (at: number) => ServerDeclaration['tasks'][number]) =>
  Array.from({ length: count }, (_, at) => of(at));

test.each<[string, ServerDeclaration['tasks'], string, number]>([
  ['thousands of errors', many(20_000, () => ({ name: 'same' })), 'duplicate_name', 101],
  [
    'one cycle over thousands of tasks',
    many(5_000, (at) => ({ name: `t${at}`, dependsOn: [`t${(at + 1) % 5_000}`] })),
    'cycle',
    1,
  ],
  ['more tasks than an answer can name', many(15_000, (at) => ({ name: `t${at}` })), 'too_large', 1],
])('a declaration with %s', async (_, tasks, code, count) => {
  const door = await openDoor((await testDatabase()).url, 'answers');
  try {
    await door.declare({ server: LONG, tasks });
    const answer = await awaitUntil('it is answered', async () =>
      door.bus.sent.find(({ kind }) => kind === 'registration'),
    );
    expect(answer.value?.length).toBeLessThan(MAX_VALUE_BYTES);
    const { type, data } = JSON.parse(String(answer.value)) as { type: string; data: { errors: object[] } };
    expect(type).toBe('cordyna.server.rejected.v1');
    expect(data.errors).toHaveLength(count);
    expect(data.errors[0]).toMatchObject({ code });
    expect(await door.persistence.queries.servers()).toEqual([]);
  } finally {
    await door.close();
  }
});
