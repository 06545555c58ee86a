import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { decodeEvent, encodeStructured } from '@cordyna/protocol/wire';
import { outcomeOfOutput, outcomeOfThrown } from '../src/handler/outcome.js';
import { failureCode, TaskFailure } from '../src/handler/task-failure.js';
import { busText } from '../src/handler/texts.js';

const onTheBus = (data: unknown): ReturnType<typeof decodeEvent> => {
  const event = { specversion: '1.0', id: '1', source: '/servers/a/b', type: 't', data } as const;
  return decodeEvent({ key: null, ...encodeStructured(event) });
};

describe('failureCode', () => {
  test.each([
    ['no_stock', 'no_stock'],
    ['noStock', 'no_stock'],
    ['No stock!', 'no_stock_'],
    ['E-404', 'e_404'],
    ['', 'failed'],
    ['returned', 'failed'],
    ['server_lost', 'failed'],
    ['x'.repeat(100), 'x'.repeat(64)],
  ])('%j becomes %j', (text, code) => {
    expect(failureCode(text)).toBe(code);
  });

  test('any text becomes a code that the protocol takes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => /^[a-z0-9_]{1,64}$/.test(failureCode(text))),
    );
  });
});

describe('what a handler throws', () => {
  test('arrives on the bus whatever it is', () => {
    fc.assert(
      fc.property(fc.anything(), fc.string({ unit: 'binary' }), (value, text) => {
        for (const thrown of [
          value,
          new Error(text),
          TaskFailure.retryable(text, text, { description: text }),
        ]) {
          const outcome = outcomeOfThrown(thrown, false);
          expect(outcome.kind).toBe('error');
          expect(onTheBus(outcome)).toMatchObject({ ok: true });
        }
      }),
    );
  });

  test('is retryable unless it says otherwise', () => {
    expect(outcomeOfThrown('no', false)).toMatchObject({
      error: { code: 'failed', message: 'no', retryable: true },
    });
    const final = TaskFailure.nonRetryable('x', 'no');
    expect(outcomeOfThrown(final, false)).toMatchObject({ error: { code: 'x', retryable: false } });
  });

  test('is cancelled when it is the abort that was asked for, and only then', () => {
    const abort = new DOMException('stop', 'AbortError');

    expect(outcomeOfThrown(abort, true)).toMatchObject({ error: { code: 'cancelled' } });
    expect(outcomeOfThrown(abort, false)).toMatchObject({ error: { code: 'failed' } });
    expect(outcomeOfThrown(new Error('other'), true)).toMatchObject({ error: { code: 'failed' } });
  });

  test('may carry a description without being a TaskFailure', () => {
    const error = Object.assign(new Error('no'), { description: 'Ask the warehouse.' });

    expect(outcomeOfThrown(error, false)).toMatchObject({ error: { description: 'Ask the warehouse.' } });
  });
});

describe('what a handler gives', () => {
  test('arrives on the bus as it was, or ends in an error that arrives', () => {
    fc.assert(
      fc.property(fc.anything(), (value) => {
        expect(onTheBus(outcomeOfOutput(value))).toMatchObject({ ok: true });
      }),
    );
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 5 })), (value) => {
        const outcome = outcomeOfOutput(value);
        if (outcome.kind === 'completed') expect(outcome.output).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  test('is taken up to 768 KiB of JSON', () => {
    const text = 'x'.repeat(768 * 1024 - '{"t":""}'.length);

    expect(outcomeOfOutput({ t: text }).kind).toBe('completed');
    expect(outcomeOfOutput({ t: `${text}x` })).toMatchObject({ error: { code: 'output_too_large' } });
  });

  test('is nested at most as deep as the protocol allows in its message', () => {
    const nested = (levels: number): object =>
      JSON.parse(`${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`) as object;

    expect(outcomeOfOutput(nested(30)).kind).toBe('completed');
    expect(onTheBus(outcomeOfOutput(nested(30)))).toMatchObject({ ok: true });
    expect(outcomeOfOutput(nested(31))).toMatchObject({ error: { code: 'output_not_json' } });
  });
});

describe('busText', () => {
  test('cuts between characters and keeps within its bytes', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.integer({ min: 3, max: 40 }), (text, maxBytes) => {
        const cut = busText(text, maxBytes);
        expect(Buffer.byteLength(cut)).toBeLessThanOrEqual(maxBytes);
        expect(cut).not.toContain('\0');
        expect(Buffer.from(cut).toString()).toBe(cut);
      }),
    );
  });

  test('leaves what fits as it is', () => {
    expect(busText('größer als null', 100)).toBe('größer als null');
  });
});
