import { connect } from 'node:net';

/**
 * Speaks the Kafka protocol itself (https://kafka.apache.org/protocol): two requests need no client library.
 * Request: length, API key, version, correlation id, client id, body. Response: length, correlation id, body.
 */
interface Probe {
  readonly api: number;
  readonly version: number;
  readonly body: Buffer;
  /** Judges the response's body. */
  readonly accept: (body: Buffer) => boolean;
}

const CORRELATION = 1;
const LENGTH_BYTES = 4;

function text(value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function encode({ api, version, body }: Probe): Buffer {
  const head = Buffer.alloc(8);
  head.writeInt16BE(api, 0);
  head.writeInt16BE(version, 2);
  head.writeInt32BE(CORRELATION, 4);
  const message = Buffer.concat([head, text('probe'), body]);
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeInt32BE(message.length);
  return Buffer.concat([length, message]);
}

/** Metadata of no topic; the body begins with throttle time and number of brokers. A broker that is fenced is none. */
const HAS_BROKER: Probe = {
  api: 3,
  version: 4,
  body: Buffer.from([0, 0, 0, 0, 0]),
  accept: (body) => body.readInt32BE(4) > 0,
};

/** The coordinator of some group; the first question makes the broker create the topic that groups need. */
const HAS_COORDINATOR: Probe = {
  api: 10,
  version: 1,
  body: Buffer.concat([text('probe'), Buffer.from([0])]),
  accept: (body) => body.readInt16BE(4) === 0,
};

function ask(port: number, probe: Probe, limitMs: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const finish = (answer: boolean): void => {
      clearTimeout(limit);
      socket.destroy();
      resolve(answer);
    };
    const limit = setTimeout(() => finish(false), limitMs);
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(encode(probe)));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < LENGTH_BYTES || received.length < LENGTH_BYTES + received.readInt32BE(0)) return;
      finish(received.readInt32BE(LENGTH_BYTES) === CORRELATION && probe.accept(received.subarray(8)));
    });
  });
}

/** Whether the broker at 127.0.0.1 answers, counts itself as alive and has a coordinator for consumer groups. */
export async function brokerAnswers(port: number, limitMs = 2_000): Promise<boolean> {
  return (await ask(port, HAS_BROKER, limitMs)) && (await ask(port, HAS_COORDINATOR, limitMs));
}
