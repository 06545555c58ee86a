/** The bench's task server: no-op tasks of the shapes that it is told, concurrency 100. */
import { createTaskServer } from '@cordyna/task-server';
import { SHAPES, type ShapeName } from '../shapes.js';
import { answer } from './answers.js';

const CONCURRENCY = 100;

const [brokers = '', topicPrefix = '', name = '', shapes = '', queueLimit = ''] = process.argv.slice(2);
const server = createTaskServer({
  name,
  brokers,
  topicPrefix,
  concurrency: CONCURRENCY,
  ...(queueLimit === '' ? {} : { queueLimit: Number(queueLimit) }),
  handleSignals: false,
});
for (const shape of shapes.split(',')) {
  for (const { name: task, after } of SHAPES[shape as ShapeName].tasks)
    server.task(task, { dependsOn: [...after] }, () => Promise.resolve({}));
}

answer({ ready: async () => (await server.start()).tasks.length }, () => server.stop());
