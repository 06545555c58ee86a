import { connect } from 'node:net';

const METADATA = 3;
const VERSION = 4;
const CORRELATION = 1;

/** A Metadata request for no topic: length, key, version, correlation id, client id, topics, auto-creation. */
function request(): Buffer {
  const client = Buffer.from('probe');
  const body = Buffer.alloc(2 + 2 + 4 + 2 + client.length + 4 + 1);
  let at = body.writeInt16BE(METADATA, 0);
  at = body.writeInt16BE(VERSION, at);
  at = body.writeInt32BE(CORRELATION, at);
  at = body.writeInt16BE(client.length, at);
  at += client.copy(body, at);
  at = body.writeInt32BE(0, at);
  body.writeInt8(0, at);
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/**
 * Whether the broker at 127.0.0.1 answers and counts a live broker in its metadata (one that is still fenced does not).
 * Speaks the Kafka protocol itself (https://kafka.apache.org/protocol, Metadata version 4): this library needs no client.
 */
export function brokerAnswers(port: number, limitMs = 2_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ port, host: '127.0.0.1' });
    let received = Buffer.alloc(0);
    const finish = (answer: boolean): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(limitMs, () => finish(false));
    socket.on('error', () => finish(false));
    socket.on('close', () => finish(false));
    socket.on('connect', () => socket.write(request()));
    socket.on('data', (chunk) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < 4 || received.length < 4 + received.readInt32BE(0)) return;
      // length, correlation id, throttle time, number of brokers
      finish(received.readInt32BE(4) === CORRELATION && received.readInt32BE(12) > 0);
    });
  });
}
