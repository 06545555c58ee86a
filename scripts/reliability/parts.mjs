// Parts of docs/reliability.md that are there when their ledger has a line.
import { number, seconds, sum, table } from './text.mjs';

export function coordinatorsPart(measured) {
  if (measured.length === 0) return '';
  const rows = measured.flatMap(
    ({ coordinators, runs, firings, timeouts, violations, waits, seed, load, cores, commit }) =>
      waits.map(({ fault, othersMs, victimsMs }) => [
        ...[coordinators, fault, seconds(othersMs), seconds(victimsMs), number(runs), number(firings)],
        ...[timeouts, violations, seed, `${load} on ${cores} cores`, commit],
      ]),
  );
  const head = [
    'coordinators',
    'one of them is',
    'others wait, s',
    'its share waits, s',
    'runs',
    'due times',
  ];
  return `
## Several coordinators

Under steady load one coordinator is stopped (SIGSTOP for 14 s) when all of a transaction but what commits it has reached
PostgreSQL, and later another one is killed. "Others wait": how long an update that came within 5 s of that waited in the
partitions that the others had, the longest one. "Its share waits": the same in the partitions of the victim, which others
take over when its session with Kafka (6 s) has run out, and of one that was killed, in the rows below d671a17, when its
session with PostgreSQL is found to be over ([adr/0009](adr/0009-the-members-of-the-dead.md)). Watchdogs that fired, and violations (a due time of a schedule that
ran twice or not at all is one), are of the whole measurement. \`npm run chaos -- --coordinators --ledger\`.

${table([...head, 'watchdogs', 'violations', 'seed', 'load of the machine', 'commit'], rows)}
`;
}

const AWAY = {
  kafka: 'Kafka killed, and started again',
  postgres: 'PostgreSQL stopped at once, and started again',
  'kafka-disk': "no room on Kafka's disk",
  'postgres-disk': "no room on PostgreSQL's disk",
};

const codes = (byCode) =>
  Object.entries(byCode)
    .map(([code, count]) => `${code} ${number(count)}`)
    .join(', ') || 'none';

export function outagesPart(measured) {
  if (measured.length === 0) return '';
  const after = (ms) => (ms === null ? 'never' : seconds(ms));
  const rows = measured.map((one) => [
    ...[AWAY[one.outage], one.seconds, after(one.unreadyAfterMs)],
    ...[one.reasons.map((reason) => `\`${reason}\``).join(', ') || 'none', number(one.mostUnpublished)],
    ...[after(one.readyAfterMs), seconds(one.recoveryMs), number(one.runs), codes(one.timeoutsByCode)],
    ...[one.violations, one.seed, `${one.load} on ${one.cores} cores`, one.commit],
  ]);
  const head = [
    ...['what', 'for, s', 'all say so after, s', 'reasons', 'most unpublished'],
    ...['all ready after, s', 'recovery, s', 'runs', 'watchdogs', 'violations', 'seed'],
    ...['load of the machine', 'commit'],
  ];
  return `
## Long outages

Kafka or PostgreSQL away for a minute, or without room on its disk (a small file system that is filled to its last byte; a Kafka that cannot
write ends itself, and is started again when there is room), under steady load, two coordinators. "All say so after": until the
last coordinator answered \`/health/ready\` with 503; the reasons are those of \`cordyna_unready\` in \`/metrics\`, the most unpublished
is \`cordyna_outbox_unpublished\` at its highest. "All ready after": from the end until each answered 200 again. Recovery: as above, from the
end. The same invariants. \`npm run chaos -- --outage kafka --seconds 60 --ledger\`.

${table(head, rows)}
`;
}

/** Seeds that were played more than once count once. */
function distinctSeeds(lines) {
  let count = 0;
  let end = -1;
  for (const { from, seeds } of [...lines].sort((a, b) => a.from - b.from)) {
    count += Math.max(0, from + seeds - Math.max(from, end));
    end = Math.max(end, from + seeds);
  }
  return count;
}

export function simulationPart(lines) {
  if (lines.length === 0) return '';
  const violated = sum(lines, 'violated');
  const commits = [...new Set(lines.map(({ commit }) => commit))];
  const hours = Math.round(sum(lines, 'simulatedHours'));
  return `
## Simulation

${number(distinctSeeds(lines))} seeds of the [simulation](simulation.md), ${violated === 0 ? 'and every invariant held in each of them' : `${violated} of them with violations`}: ${number(sum(lines, 'runs'))} runs,
${number(sum(lines, 'transitions'))} history rows, ${number(sum(lines, 'faults'))} faults, ${number(hours)} hours of simulated time, at ${commits.length === 1 ? 'commit' : 'commits'} ${commits.join(', ')}.
\`npm run simulate -- --seeds 100000 --ledger\`.
`;
}
