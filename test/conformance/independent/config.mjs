import { readFileSync } from 'node:fs';

/**
 * - `KAFKA_BROKERS`, comma-separated; `CORDYNA_TOPIC_PREFIX` (default `cordyna`)
 * - `INDEPENDENT_DECLARATION`: the declaration as JSON, or `INDEPENDENT_DECLARATION_FILE`
 * - `INDEPENDENT_BEHAVIOUR`: JSON by bare task name, `{ "load": { "sleepMs": 50, "output": {…}, "echo": true,
 *   "say": "…", "fail": true | { "code", "message", "description", "retryable" }, "failAttempts": 2 } }`
 * - `INDEPENDENT_EFFECTS`: a file that gets one JSON line per execution, synced to disk before the task goes on
 * - `INDEPENDENT_CAPACITY`: how many it runs at once (default 10); `INDEPENDENT_ANSWER_MS`: wait for the answer to a
 *   declaration before declaring again (default 10000)
 */
export function readConfig(env = process.env) {
  const text = env.INDEPENDENT_DECLARATION ?? readFileSync(env.INDEPENDENT_DECLARATION_FILE, 'utf8');
  const declaration = JSON.parse(text);
  const prefix = env.CORDYNA_TOPIC_PREFIX ?? 'cordyna';
  const instance = `${declaration.server}-${process.pid}-${Date.now()}`;
  return {
    brokers: (env.KAFKA_BROKERS ?? '127.0.0.1:9092').split(','),
    prefix,
    declaration,
    server: declaration.server,
    instance,
    source: `/servers/${declaration.server}/${instance}`,
    topics: {
      declarations: `${prefix}.declarations`,
      registrations: `${prefix}.registrations`,
      events: `${prefix}.events`,
      commands: `${prefix}.commands.${declaration.server}`,
    },
    group: `${prefix}.server.${declaration.server}`,
    behaviour: JSON.parse(env.INDEPENDENT_BEHAVIOUR ?? '{}'),
    effects: env.INDEPENDENT_EFFECTS,
    capacity: Number(env.INDEPENDENT_CAPACITY ?? 10),
    answerMs: Number(env.INDEPENDENT_ANSWER_MS ?? 10_000),
  };
}
