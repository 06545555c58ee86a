import { expect, test } from '@jest/globals';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { openDoor } from '../../apps/cerebro/test/support/open-door.js';

test('two servers whose declarations have the same id are answered by two messages', async () => {
  const door = await openDoor((await testDatabase()).url, 'answers');
  try {
    for (const server of ['one', 'two']) {
      const body = { server, tasks: [] };
      const where = { topic: 't.d', partition: 0, offset: 0n, key: Buffer.from(server), value: null };
      const declared = { kind: 'declare', declaration: '1', server, version: null, errors: [] } as const;
      await door.submit({ ...declared, body, where });
    }
    const answers = await awaitUntil('both are answered', async () => {
      const sent = door.bus.sent.filter(({ kind }) => kind === 'registration');
      return sent.length === 2 && sent.map(({ value }) => JSON.parse(String(value)) as Answer);
    });
    expect(answers.map(({ data }) => [data.server, data.declaration])).toEqual([
      ['one', '1'],
      ['two', '1'],
    ]);
    expect(new Set(answers.map(({ source, id }) => `${source} ${id}`)).size).toBe(2);
  } finally {
    await door.close();
  }
});

interface Answer {
  readonly id: string;
  readonly source: string;
  readonly data: { readonly server: string; readonly declaration: string };
}
