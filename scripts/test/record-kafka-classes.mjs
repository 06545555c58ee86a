// `node record-kafka-classes.mjs <archive> <folder>`: has Java keep Kafka's classes as it has loaded and checked them, so
// that each broker of the tests takes about 1 s of processor time less to start. Java passes an archive over that does not fit.
import { renameSync } from 'node:fs';
import { freePort, startKafka } from '../../libs/local-stack/dist/index.js';

const [archive, dir] = process.argv.slice(2);
const { JDK_JAVA_OPTIONS: options = '' } = process.env;
const made = `${archive}.${process.pid}`;

// What formats the data directory is a Java program, too, and is not to be kept.
const formatted = await startKafka({ dir, port: await freePort() });
await formatted.kill();
process.env.JDK_JAVA_OPTIONS = `${options} -XX:ArchiveClassesAtExit=${made}`;
const kafka = await startKafka({ dir, port: await freePort() });
// Its own stop() would wait for less than keeping them may take.
const ended = new Promise((resolve) => kafka.onLoss(resolve));
process.kill(kafka.pid, 'SIGTERM');
await ended;
renameSync(made, archive);
