// Loaded first into each of our processes: SIGUSR2 begins a CPU profile, the next one ends and writes it. Where to is in
// the file CORDYNA_BENCH_PROFILE names, so that each workload has a profile of its own; without it nothing happens.
import { readFileSync, writeFileSync } from 'node:fs';
import { Session } from 'node:inspector';

const settings = process.env.CORDYNA_BENCH_PROFILE;
const SAMPLE_US = 200;

if (settings) {
  const session = new Session();
  session.connect();
  const post = (method, params = {}) =>
    new Promise((resolve, reject) =>
      session.post(method, params, (error, result) => (error ? reject(error) : resolve(result))),
    );
  let target = null;
  process.on('SIGUSR2', async () => {
    if (target === null) {
      target = readFileSync(settings, 'utf8').trim();
      await post('Profiler.enable');
      await post('Profiler.setSamplingInterval', { interval: SAMPLE_US });
      await post('Profiler.start');
      return;
    }
    const file = `${target}-${process.env.CORDYNA_BENCH_NAME ?? process.argv[1]?.split('/').at(-1)}.cpuprofile`;
    target = null;
    const { profile } = await post('Profiler.stop');
    writeFileSync(file, JSON.stringify(profile));
  });
}
