import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ServerDeclaration } from '@cordyna/protocol/model';
import { awaitUntil, testDatabase } from '@cordyna/testkit';
import { DoorDefinitions, DoorFiles, type Files } from '../../apps/cerebro/src/coordination/index.js';
import { CordynaYaml } from '../../apps/cerebro/src/triggers/index.js';
import { openDoor, type OpenDoor } from '../../apps/cerebro/test/support/open-door.js';

const BY = { author: 'ann', reason: 'a test' };
const REALLY = { isDryRun: false, isPruning: false };
const shop = {
  server: 'shop',
  tasks: [{ name: 'orders', everyMs: 60_000 }, { name: 'stock' }],
};
const FILE = `jobs:
  nightly:
    args:
      day: today
    tasks:
      - task: shop.orders
      - task: shop.stock
        dependsOn:
          - shop.orders
schedules:
  mornings:
    job: nightly
    cron: 0 6 * * 1-5
  shop.orders:
    everyMs: 300000
`;

interface Coordinator extends OpenDoor {
  readonly files: Files;
}

async function coordinator(url: string, name: string): Promise<Coordinator> {
  const door = await openDoor(url, name);
  const definitions = new DoorDefinitions(door.door);
  return { ...door, files: new DoorFiles(new CordynaYaml(), definitions, door.persistence.definitions) };
}

/** What the door answers on `registrations`. */
async function answerTo(door: OpenDoor, declaration: ServerDeclaration): Promise<unknown> {
  await door.declare(declaration);
  const answer = await awaitUntil('it is answered', async () =>
    door.bus.sent.findLast(({ topic }) => topic.endsWith('registrations')),
  );
  door.bus.sent.length = 0;
  return (JSON.parse(answer.value?.toString() ?? '{}') as { data: unknown }).data;
}

const outcomesOf = ({ changes }: Awaited<ReturnType<Files['apply']>>): string[] =>
  changes.map(({ kind, name, outcome, version }) => `${kind} ${name} ${outcome} ${version}`);

describe('a cordyna.yaml, with two coordinators on one database', () => {
  let one: Coordinator;
  let two: Coordinator;
  let elsewhere: Coordinator;

  beforeAll(async () => {
    const { url } = await testDatabase();
    one = await coordinator(url, 'one');
    two = await coordinator(url, 'two');
    elsewhere = await coordinator((await testDatabase()).url, 'elsewhere');
    await one.declare(shop);
    await elsewhere.declare(shop);
  });
  afterAll(async () => {
    for (const each of [one, two, elsewhere]) await each.close();
  });

  test('is in force as a whole on both, and comes back as it was', async () => {
    const dry = await one.files.apply(FILE, BY, { isDryRun: true, isPruning: false });
    expect(await one.files.export()).toBe('{}\n');
    const applied = await one.files.apply(FILE, BY, REALLY);
    expect(applied).toEqual({ ...dry, dryRun: false });
    expect(outcomesOf(applied)).toEqual([
      ...['job nightly created 1', 'schedule mornings created 1', 'schedule shop.orders created 1'],
    ]);
    expect(await two.files.export()).toBe(FILE);
    const again = await two.files.apply(FILE, BY, REALLY);
    expect(again.changes.map(({ outcome }) => outcome)).toEqual(Array(3).fill('unchanged'));
    await elsewhere.files.apply(await two.files.export(), BY, REALLY);
    expect(await elsewhere.files.export()).toBe(FILE);
  });

  test('with one error in it changes nothing, and the error has its place', async () => {
    const changed = FILE.replace('day: today', 'day: tomorrow').replace('job: nightly', 'job: weekly');
    await expect(two.files.apply(changed, BY, REALLY)).rejects.toMatchObject({
      code: 'invalid_definition',
      errors: [{ path: '/schedules/mornings/job', message: 'there is no job weekly', line: 12, column: 5 }],
    });
    expect(await one.files.export()).toBe(FILE);
  });

  test('says what it changes, and leaves alone what it does not name', async () => {
    const { changes } = await two.files.apply(
      'schedules:\n  mornings: { job: nightly, cron: 0 7 * * * }',
      BY,
      {
        ...{ isDryRun: true, isPruning: false },
      },
    );
    expect(changes.map(({ diff }) => diff)).toEqual([
      [{ op: 'replace', path: '/cron', before: '0 6 * * 1-5', after: '0 7 * * *' }],
    ]);
  });

  test('with a policy, judges declarations; those who depend on a changed task are told, on every coordinator', async () => {
    const required = { team: 'refuse', contact: 'warn' };
    const policy = JSON.stringify({ policy: { servers: { required } } });
    const { changes } = await one.files.apply(policy, BY, REALLY);
    expect(changes[0]?.warnings).toEqual([
      ...[
        'shop would be refused: /team is required by the policy',
        'shop would be warned: /contact is required by the policy',
      ],
    ]);

    const prices = (outputSchema: object, team?: string) => ({
      ...{ server: 'prices', tasks: [{ name: 'daily', outputSchema: outputSchema as never }] },
      ...(team === undefined ? {} : { team }),
    });
    const reader = {
      server: 'reader',
      team: 'r',
      contact: 'c',
      tasks: [{ name: 'x', dependsOn: ['prices.daily'] }],
    };
    expect(await answerTo(two, prices({}))).toMatchObject({ errors: [{ code: 'policy', path: '/team' }] });
    const before = prices({ properties: { rate: {} } }, 'p');
    expect(await answerTo(two, before)).toMatchObject({ warnings: ['/contact is required by the policy'] });
    expect(await answerTo(one, reader)).toMatchObject({ warnings: [] });
    const lost = 'was changed (outputSchema: /properties/rate is there no more)';
    expect(await answerTo(two, prices({}, 'p'))).toMatchObject({
      warnings: [expect.anything(), `prices.daily ${lost}, check what depends on it: reader.x`],
    });

    const told = [
      expect.stringMatching(/^prices\.daily, used by reader\.x, was changed .* \(prices, \d{4}-/),
    ];
    const noticesOf = async () =>
      (await one.persistence.queries.servers()).find(({ server }) => server === 'reader')?.notices;
    expect(await answerTo(one, reader)).toMatchObject({ warnings: told });
    expect(await answerTo(two, { ...reader, version: '2' })).toMatchObject({ warnings: told });
    expect(await noticesOf()).toEqual([]);
    expect(await answerTo(one, { ...reader, version: '2' })).toMatchObject({ warnings: [] });
    await one.files.apply('policy: {}', BY, REALLY);
  });

  test('does not remove what a schedule made on another coordinator needs; with prune it removes all else', async () => {
    const definitions = new DoorDefinitions(two.door);
    const late = { kind: 'schedule', name: 'late', action: 'create', path: '' } as const;
    await definitions.change([{ ...late, body: { job: 'nightly', everyMs: 60_000 } }], BY);
    const remove = { kind: 'job', name: 'nightly', action: 'remove', body: {}, path: '' } as const;
    await expect(new DoorDefinitions(one.door).change([remove], BY)).rejects.toMatchObject({
      code: 'definition_in_use',
      message: expect.stringContaining('the schedule late starts the job nightly'),
    });

    const rest = 'schedules:\n  late:\n    task: shop.stock\n    everyMs: 60000\n';
    const pruned = await one.files.apply(rest, BY, { isDryRun: false, isPruning: true });
    expect(outcomesOf(pruned)).toEqual([
      ...['schedule late changed 2', 'schedule shop.orders removed 2', 'schedule mornings removed 2'],
      ...['job nightly removed 2', 'policy policy removed 3'],
    ]);
    expect(await two.files.export()).toBe(rest);
    expect((await two.persistence.definitions.versions('policy', 'policy', { limit: 5 })).items).toHaveLength(
      3,
    );
  });
});
