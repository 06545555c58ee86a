/** The task server of both baselines: says that each task is completed. */
import { answer } from '../stack/answers.js';
import { connect, consume, messageOf, stepOf } from './kafka.js';

const [brokers = '', prefix = ''] = process.argv.slice(2);
let completedBytes = 300;

const { producer, consumer } = await connect(brokers, `${prefix}.echo`);
const running = consume(consumer, `${prefix}.commands`, async (values) => {
  const messages = values.map((value) => messageOf(stepOf(value), completedBytes));
  await producer.send({ topic: `${prefix}.events`, messages, acks: -1 });
});

answer(
  {
    ready: () => running,
    sizes: ({ completed }: { completed: number }) => {
      completedBytes = completed;
    },
  },
  async () => {
    await consumer.disconnect();
    await producer.disconnect();
  },
);
