import { expect, test } from '@jest/globals';
import { awaitUntil } from '@cordyna/testkit';
import { Peers, type GonePeer, type PeerSign } from '../../src/coordination/index.js';
import { Presence } from '../../src/timers/index.js';

/** What a coordinator says of itself, and whom it is told of. */
class Told extends Peers {
  readonly signs: PeerSign[] = [];
  readonly left: string[] = [];
  constructor(readonly gone: GonePeer[] = []) {
    super();
  }

  sign(sign: PeerSign): Promise<void> {
    this.signs.push(sign);
    return Promise.resolve();
  }

  takeGone(): Promise<readonly GonePeer[]> {
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
});
