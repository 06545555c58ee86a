import { describe, expect, test } from '@jest/globals';
import { emptyRegistry, withDefinitions } from '@cordyna/engine';
import type { JsonObject } from '@cordyna/protocol/model';
import { NOTHING_LOADED, type DefinitionChange, type Envelope } from '../../src/coordination/index.js';
import type { Tools } from '../../src/coordination/decide/context.js';
import { decideDefinitions } from '../../src/coordination/decide/define/index.js';
import { WorkingSet } from '../../src/coordination/working-set.js';

const NOW = Date.parse('2026-11-21T10:00:00Z');
const by = { author: 'ann', reason: 'a test' };
const jobBody = { tasks: [{ task: 'a.one' }] };
const job = { kind: 'job', name: 'nightly', body: jobBody, version: 1 } as const;

function decide(...changes: readonly (readonly [DefinitionChange['action'], string, JsonObject])[]) {
  const registry = withDefinitions(emptyRegistry(), [job]);
  const work = new WorkingSet(NOTHING_LOADED, 0, registry, {} as Envelope);
  const asked = changes.map(([action, name, body], at): DefinitionChange => ({
    ...{ kind: 'schedule', name, action, body, path: `/${at}` },
  }));
  const tools = { clock: { now: () => NOW } } as Tools;
  const outcome = decideDefinitions({ kind: 'define', changes: asked, ...by, isDryRun: false }, work, tools);
  return { outcome, ...work.changes() };
}

describe('a job that a schedule starts', () => {
  const nightly = { kind: 'job', name: 'nightly' } as const;
  const mornings = { kind: 'schedule', name: 'mornings' } as const;
  const remove = { action: 'remove', body: {} } as const;
  const hourly = { job: 'nightly', everyMs: 3_600_000 };
  const apply = (...changes: readonly Omit<DefinitionChange, 'path'>[]) => {
    const registry = withDefinitions(emptyRegistry(), [job]);
    const work = new WorkingSet(NOTHING_LOADED, 0, registry, {} as Envelope);
    const tools = { clock: { now: () => NOW } } as Tools;
    const asked = changes.map((change, at) => ({ ...change, path: `/${at}` }));
    return decideDefinitions({ kind: 'define', changes: asked, ...by, isDryRun: false }, work, tools);
  };
  const made = { ...mornings, action: 'put', body: hourly } as const;

  test('is not removed, and the answer names the schedule', () => {
    const errors = [{ path: '/1', message: expect.stringContaining('the schedule mornings starts') }];
    expect(apply(made, { ...nightly, ...remove })).toMatchObject({
      ...{ kind: 'refused', code: 'definition_in_use', errors },
    });
  });

  test('is not removed while a rule starts it, and the answer names the rule', () => {
    const activity = { job: 'nightly' };
    const rule = {
      kind: 'rule',
      name: 'on:close',
      action: 'put',
      body: { eventSet: 'e', activity },
    } as const;
    expect(apply(rule, { ...nightly, ...remove })).toMatchObject({
      ...{ kind: 'refused', code: 'definition_in_use' },
      errors: [{ path: '/1', message: expect.stringContaining('the rule on:close starts the job nightly') }],
    });
    expect(apply(rule, { ...rule, ...remove }, { ...nightly, ...remove })).toMatchObject({ kind: 'defined' });
  });

  test('an event set that rules name is removed with a warning for each', () => {
    const set = { kind: 'event-set', name: 'e', action: 'put', body: { events: ['e'] } } as const;
    const rule = (name: string, eventSet: string, triggering: string) =>
      ({
        kind: 'rule',
        name,
        action: 'put',
        body: { eventSet, triggering, activity: { cmd: '__auto_trigger__' } },
      }) as const;
    const changes = [set, rule('first', 'e', 'x'), rule('last', 'x', 'e'), { ...set, ...remove }];
    expect(apply(...changes)).toMatchObject({
      results: [
        ...[{}, {}, {}],
        {
          warnings: [
            'the rule first does not fire without the event set e',
            'firings of the rule last end in error without the event set e',
          ],
        },
      ],
    });
  });

  test.each<[string, Omit<DefinitionChange, 'path'>]>([
    ['is removed before it', { ...mornings, ...remove }],
    ['starts something else before it', { ...made, body: { job: 'other', everyMs: 1_000 } }],
  ])('is removed when the schedule %s', (_, change) => {
    const other = { ...nightly, name: 'other', action: 'put', body: jobBody } as const;
    expect(apply(other, made, change, { ...nightly, ...remove })).toMatchObject({ kind: 'defined' });
  });
});

describe('changes of schedules in one request', () => {
  const hourly = { job: 'nightly', everyMs: 3_600_000 };

  test('each sees those before it, and is a version with its author and reason', () => {
    const { outcome, registry, schedules } = decide(
      ['create', 'own', hourly],
      ['put', 'own', { ...hourly, overlap: 'queue' }],
      ['put', 'own', { ...hourly, overlap: 'queue' }],
      ['remove', 'own', {}],
      ['create', 'own', hourly],
    );
    const results = ['created', 'changed', 'unchanged', 'removed', 'created'];
    const versions = [1, 2, 2, 3, 4];
    expect(outcome).toMatchObject({
      kind: 'defined',
      results: results.map((result, at) => ({ outcome: result, version: versions[at] })),
    });
    const bodies = [hourly, { ...hourly, overlap: 'queue' }, null, hourly];
    expect(registry.changes).toEqual(
      bodies.map((body, at) => ({
        ...{ kind: 'define', ...by, definition: { kind: 'schedule', name: 'own', version: at + 1, body } },
      })),
    );
    expect(schedules).toHaveLength(1);
    expect(schedules[0]?.value).toMatchObject({ details: { revision: 4, body: hourly }, active: true });
  });

  test('one that exists after the change before it is not made again', () => {
    const { outcome, registry } = decide(['create', 'own', hourly], ['create', 'own', hourly]);
    expect(outcome).toMatchObject({ kind: 'refused', code: 'definition_exists', errors: [{ path: '/1' }] });
    expect(registry.changes).toEqual([]);
  });

  test('an interval that ends before it begins is refused, as its preview is', () => {
    const { outcome } = decide(['create', 'own', { ...hourly, endsAt: '2026-11-21T09:00:00Z' }]);
    expect(outcome).toMatchObject({ kind: 'refused', errors: [{ path: '/0/endsAt' }] });
  });
});
