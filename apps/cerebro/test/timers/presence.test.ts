import { expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import { Peers, type GonePeer, type PeerSign, type PeersSeen } from '../../src/coordination/index.js';
import { Presence } from '../../src/timers/index.js';

/** What a coordinator says of itself, and whom it is told of. */
class Told extends Peers {
  readonly signs: PeerSign[] = [];
  readonly left: string[] = [];
  asked = 0;
  constructor(
    readonly gone: GonePeer[] = [],
    readonly others: readonly string[] = [],
  ) {
    super();
  }

  sign(sign: PeerSign): Promise<PeersSeen> {
    this.signs.push(sign);
    return Promise.resolve({ others: this.others, isAnySilent: this.gone.length > 0 });
  }

  takeGone(): Promise<readonly GonePeer[]> {
    this.asked += 1;
    return Promise.resolve(this.gone.splice(0));
  }

  leave(instance: string): Promise<void> {
    this.left.push(instance);
    return Promise.reject(new Error('PostgreSQL is away'));
  }
}

test('a coordinator says that it lives, at once when it has joined, and takes its sign away when it ends', async () => {
  const told = new Told();
  const presence = new Presence(told, 'one', () => Promise.resolve(true));
  presence.start();
  await awaitUntil('it has signed', () => told.signs.length > 0);
  presence.joined('one-7');
  await awaitUntil('it has signed as that member', () => told.signs.at(-1)?.member === 'one-7');
  await presence.stop();
  expect(told.signs[0]).toEqual({ instance: 'one', member: null });
  expect(told.left).toEqual(['one']);
});

test('all who are gone are taken out, and it goes on when Kafka does not answer', async () => {
  const told = new Told([
    { instance: 'two', member: 'two-1' },
    { instance: 'three', member: 'three-1' },
  ]);
  const removed: string[] = [];
  const presence = new Presence(told, 'one', (member) => {
    removed.push(member);
    return member === 'two-1' ? Promise.reject(new Error('no broker')) : Promise.resolve(false);
  });
  await expect(presence.tick()).rejects.toThrow('no broker');
  expect(removed).toEqual(['two-1', 'three-1']);
  await presence.tick();
  expect(told.signs).toHaveLength(2);
  // The second time nobody was silent.
  expect(told.asked).toBe(1);
});

test('of all who are heard of, one looks after each thing, and who goes leaves the others what they have', async () => {
  const names = Array.from({ length: 300 }, (_, at) => `schedule-${at}`);
  const ownersOf = async (instances: readonly string[]) => {
    const owners = new Map<string, string[]>();
    for (const instance of instances) {
      const others = instances.filter((other) => other !== instance);
      const presence = new Presence(new Told([], others), instance, () => Promise.resolve(true));
      await presence.tick();
      for (const name of names)
        if (presence.isOurs(name)) owners.set(name, [...(owners.get(name) ?? []), instance]);
    }
    return owners;
  };
  const three = await ownersOf(['one', 'two', 'three']);
  const two = await ownersOf(['one', 'two']);
  expect(names.map((name) => [three.get(name)?.length, two.get(name)?.length])).toEqual(
    names.map(() => [1, 1]),
  );
  for (const name of names)
    if (three.get(name)?.[0] !== 'three') expect(two.get(name)).toEqual(three.get(name));
  const shares = ['one', 'two', 'three'].map(
    (it) => [...three.values()].filter(([own]) => own === it).length,
  );
  for (const share of shares) expect(share).toBeGreaterThan(60);
});
