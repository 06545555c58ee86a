import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { v5 as uuidv5 } from 'uuid';
import { invocationId } from '../../src/coordination/decide/invocation-id.js';

const NAMESPACE = '5f0cf9a4-1e0f-5d0e-9d5a-6f2d6b1a7c11';

test('an invocation id is the UUID version 5 of run, task, element and attempt', () => {
  const item = fc.option(fc.record({ index: fc.nat(), value: fc.constant(null) }));
  fc.assert(
    fc.property(fc.uuid(), fc.string({ maxLength: 400 }), item, fc.nat(), (run, task, element, attempt) => {
      const name = `${run}\n${task}\n${element?.index ?? ''}\n${attempt}`;
      expect(invocationId(run, task, element, attempt)).toBe(uuidv5(name, NAMESPACE));
    }),
  );
});
