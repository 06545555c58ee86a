import { randomUUID } from 'node:crypto';
import { beforeAll, describe, expect, jest, test } from '@jest/globals';
import { EventType, type JsonObject, type ServerDeclaration } from '@cordyna/protocol/model';
import { awaitUntil, installation, type Installation } from '@cordyna/testkit';

jest.setTimeout(60_000);

const inForce: ServerDeclaration = {
  server: 'desk',
  version: 'in force',
  tasks: [{ name: 'a' }, { name: 'b', dependsOn: ['a'] }],
};

/** What is declared, and the code, path and a part of the message of the answer's first error. */
const REFUSED: readonly (readonly [string, unknown, string, string, RegExp])[] = [
  ['wrong types', { server: 'desk', tasks: {} }, 'invalid_data', '/tasks', /./],
  [
    'a cycle',
    {
      server: 'desk',
      tasks: [
        { name: 'a', dependsOn: ['b'] },
        { name: 'b', dependsOn: ['a'] },
      ],
    },
    'cycle',
    '/tasks/0/dependsOn/0',
    /desk\.a.*desk\.b.*desk\.a/,
  ],
  [
    'a task that depends on itself',
    { server: 'desk', tasks: [{ name: 'a', dependsOn: ['a'] }] },
    '',
    '/tasks/0/dependsOn/0',
    /desk\.a depends on itself/,
  ],
  [
    'a duplicate name',
    { server: 'desk', tasks: [{ name: 'a' }, { name: 'a' }] },
    'duplicate_name',
    '/tasks/1/name',
    /'a' is declared twice/,
  ],
  [
    'a duplicate job',
    {
      server: 'desk',
      tasks: [{ name: 'a' }],
      jobs: [1, 2].map(() => ({ name: 'nightly', tasks: [{ task: 'a' }] })),
    },
    'duplicate_name',
    '/jobs/1/name',
    /nightly/,
  ],
  [
    'the key of another server',
    { server: 'other', tasks: [{ name: 'a' }] },
    'key_mismatch',
    '/server',
    /desk/,
  ],
];

interface Answer extends JsonObject {
  readonly declaration: string;
}

describe.each([1, 2])('a refused declaration changes nothing, with %i coordinator(s)', (coordinators) => {
  let cordyna: Installation;

  async function answerTo(data: unknown): Promise<{ type: string; data: Answer }> {
    const id = randomUUID();
    const event = cordyna.bus.event(EventType.serverDeclared, data, { id });
    await cordyna.bus.write('declarations', [{ ...event, key: 'desk' }]);
    return awaitUntil(
      'the declaration is answered',
      async () =>
        (await cordyna.dump('registrations'))
          .map(({ value }) => JSON.parse(value ?? '{}') as { type: string; data: Answer })
          .find((answer) => answer.data.declaration === id),
      { timeoutMs: 20_000 },
    );
  }

  beforeAll(async () => {
    cordyna = await installation({ coordinators });
    expect(await answerTo(inForce)).toMatchObject({
      type: EventType.serverAccepted,
      data: { version: 'in force', tasks: ['desk.a', 'desk.b'] },
    });
  }, 120_000);

  test.each(REFUSED)('%s', async (_, declared, code, path, message) => {
    const { type, data } = await answerTo(declared);
    expect(type).toBe(EventType.serverRejected);
    const errors = data['errors'] as JsonObject[];
    expect(new Set(errors.map((error) => error['path'])).size).toBe(errors.length);
    const [first] = errors;
    expect(first).toMatchObject({ code: expect.stringContaining(code), path });
    expect(String(first?.['message'])).toMatch(message);

    const [desk, ...others] = await cordyna.api.servers();
    expect(others).toEqual([]);
    expect(desk).toMatchObject({ server: 'desk', version: 'in force' });
    const { edges } = await cordyna.api.graph();
    expect(edges).toEqual([{ from: 'desk.a', to: 'desk.b' }]);
  });

  test('what is answered is no dead letter, and an equal declaration is accepted again', async () => {
    expect(await answerTo(inForce)).toMatchObject({ type: EventType.serverAccepted });
    expect(await cordyna.dump('dead-letters')).toEqual([]);
  });
});
