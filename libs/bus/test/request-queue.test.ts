import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { internals } from '../src/kafkajs/internals.js';
import { patchRequestQueue } from '../src/patches/request-queue.js';

interface Request {
  readonly entry: object;
  readonly expectResponse: boolean;
  sendRequest(): void;
}
interface Queue {
  push(request: Request): void;
  fulfillRequest(response: { correlationId: number; payload: Buffer; size: number }): void;
  maybeThrottle(ms: number): void;
  checkPendingRequests(): void;
  scheduleRequestTimeoutCheck(): void;
  destroy(): void;
}

const silent = { debug: () => undefined, warn: () => undefined };
const queues: Queue[] = [];

function createQueue(maxInFlightRequests: number | null, enforceRequestTimeout = false): Queue {
  const RequestQueue = internals.RequestQueue as unknown as new (options: object) => Queue;
  const queue = new RequestQueue({
    maxInFlightRequests,
    requestTimeout: 10_000,
    enforceRequestTimeout,
    clientId: 'test',
    broker: 'broker',
    logger: silent,
    isConnected: () => true,
  });
  queues.push(queue);
  return queue;
}

const request = (
  correlationId: number,
  sendRequest: () => void,
  reject: (error: Error) => void = () => undefined,
): Request => ({
  entry: {
    correlationId,
    apiKey: 0,
    apiName: 'Test',
    apiVersion: 0,
    resolve: () => undefined,
    reject,
  },
  expectResponse: true,
  sendRequest,
});

patchRequestQueue();

afterEach(() => {
  queues.splice(0).forEach((queue) => queue.destroy());
  jest.useRealTimers();
});

describe('the queue of requests', () => {
  test('arms no timer while nothing is pending', () => {
    jest.useFakeTimers();
    const queue = createQueue(null);
    queue.push(request(1, () => undefined));
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    queue.checkPendingRequests();
    expect(jest.getTimerCount()).toBe(0);
  });

  test('sends what a throttle held back as soon as the throttle is over, and not before', () => {
    jest.useFakeTimers();
    const queue = createQueue(null);
    const sent: number[] = [];
    queue.maybeThrottle(500);
    queue.push(request(1, () => sent.push(1)));
    jest.advanceTimersByTime(490);
    expect(sent).toEqual([]);
    jest.advanceTimersByTime(30);
    expect(sent).toEqual([1]);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('sends the next request when one in flight was answered', () => {
    jest.useFakeTimers();
    const queue = createQueue(1);
    const sent: number[] = [];
    queue.push(request(1, () => sent.push(1)));
    queue.push(request(2, () => sent.push(2)));
    expect(sent).toEqual([1]);
    queue.fulfillRequest({ correlationId: 1, payload: Buffer.alloc(0), size: 0 });
    expect(sent).toEqual([1, 2]);
  });

  test('gives up what got no answer within a tenth more than its time, and looks for it once a second', () => {
    jest.useFakeTimers();
    const queue = createQueue(null, true);
    queue.scheduleRequestTimeoutCheck();
    const errors: string[] = [];
    queue.push(
      request(
        1,
        () => undefined,
        ({ name }) => errors.push(name),
      ),
    );
    jest.advanceTimersByTime(10_000);
    expect(errors).toEqual([]);
    jest.advanceTimersByTime(1_000);
    expect(errors).toEqual(['KafkaJSRequestTimeoutError']);
    expect(jest.getTimerCount()).toBe(1);
  });

  test('never asks Node for a timer in the past', async () => {
    const warnings: Error[] = [];
    const note = (warning: Error): number => warnings.push(warning);
    process.on('warning', note);
    const queue = createQueue(1);
    for (let id = 1; id < 20; id++) {
      queue.push(request(id, () => undefined));
      queue.fulfillRequest({ correlationId: id, payload: Buffer.alloc(0), size: 0 });
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings.filter(({ name }) => name === 'TimeoutNegativeWarning')).toEqual([]);
  });
});
