import 'reflect-metadata';
import { Inject, Injectable, Module } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { expect, test } from '@jest/globals';
import {
  Installation,
  ProgressStore,
  Queries,
  Store,
  StoreUnavailable,
  TimerQueries,
} from '../../src/coordination/ports/index.js';
import { PersistenceModule, type PersistenceOptions } from '../../src/persistence/index.js';

const OPTIONS = Symbol('OPTIONS');

@Injectable()
class User {
  constructor(
    @Inject(Store) readonly store: Store,
    @Inject(Queries) readonly queries: Queries,
  ) {}
}

// Nobody listens there: nothing connects before it is asked for something.
const options: PersistenceOptions = { url: 'postgres://nobody@127.0.0.1:1/none', applicationName: 'test' };

@Module({ providers: [{ provide: OPTIONS, useValue: options }], exports: [OPTIONS] })
class SettingsModule {}

test('the module provides every port of the coordination layer by its class, and closes at the end', async () => {
  const persistence = PersistenceModule.register({
    imports: [SettingsModule],
    inject: [OPTIONS],
    useFactory: (given: PersistenceOptions) => given,
  });
  const app = await Test.createTestingModule({ imports: [persistence], providers: [User] }).compile();
  for (const port of [Store, TimerQueries, ProgressStore, Queries, Installation]) {
    expect(app.get(port, { strict: false })).toBeInstanceOf(port);
  }
  const { store, queries } = app.get(User);
  const none = { runs: [], freshness: [], keys: [], schedules: [], positions: [], registry: false };
  await expect(store.load({ ...none, registry: true })).rejects.toThrow(StoreUnavailable);
  await expect(queries.servers()).rejects.toThrow(StoreUnavailable);
  await app.close();
  await expect(store.load({ ...none, registry: true })).rejects.toThrow('after calling end on the pool');
});
