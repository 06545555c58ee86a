import fc from 'fast-check';
import { describe, expect, test } from '@jest/globals';
import { EventType } from '../src/model/index.js';
import { acceptsByDto } from '../src/wire/dto/index.js';
import { schemaOf, validateData } from '../src/wire/index.js';
import { makeFill } from '../src/wire/validation/defaults.js';
import { nearValid } from './support/near-valid-data.js';

describe('the message classes and the compiled schemas accept exactly the same data', () => {
  test.each(Object.values(EventType))('%s', (type) => {
    const schema = schemaOf(type)!;
    const fill = makeFill(schema);
    const seen = { accepted: 0, refused: 0 };
    fc.assert(
      fc.property(nearValid(schema), (data) => {
        const bySchema = validateData(type, data).ok;
        seen[bySchema ? 'accepted' : 'refused']++;
        expect({ data, accepted: acceptsByDto(type, fill(data)) }).toEqual({ data, accepted: bySchema });
      }),
      { numRuns: 400 },
    );
    // The generator must reach both sides, else the comparison says nothing.
    expect(seen.accepted).toBeGreaterThan(40);
    expect(seen.refused).toBeGreaterThan(40);
  });
});
