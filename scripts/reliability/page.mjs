// docs/reliability.md: figures that the tools printed, and nothing that they did not.

import { coordinatorsPart, outagesPart, simulationPart } from './parts.mjs';
import { number, seconds, sum, table } from './text.mjs';

/** The value that a share of all does not exceed (nearest rank). */
function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0;
}

const COUNTS = [
  ['lost: a request without a run, an attempt without an invoke, a message left unsent or unread', 'lost'],
  ['duplicate invoke records', 'duplicateInvokes'],
  ['double applications: a message, an outcome or a due time that counted twice', 'doubleApplications'],
  ['false timeouts', 'falseTimeouts'],
  ['stuck runs', 'stuck'],
  ['violations of any invariant', 'violations'],
];

const LOAD = [
  ['runs', 'runs'],
  ['attempts', 'attempts'],
  ['transitions (applied rows of the history)', 'transitions'],
  ['updates that were refused: repeated, late, or of an attempt that had ended', 'refusedUpdates'],
  ['messages written a second time', 'duplicates'],
  ['poison messages', 'poison'],
  ['timeouts and lost servers, with reason', 'timeouts'],
  ['attempts that two processes ran, because the first was killed or stopped', 'runByTwo'],
  ['events in the ledger', 'signals'],
  ['firings of rules', 'ruleFirings'],
  ['due times of schedules', 'dueTimes'],
  ['changes of what people define: jobs, schedules, event sets, rules', 'definitions'],
];

function faultsTable(sessions) {
  const byKind = new Map();
  for (const { kind, recoveryMs } of sessions.flatMap(({ faults }) => faults))
    byKind.set(kind, [...(byKind.get(kind) ?? []), recoveryMs]);
  const rows = [...byKind]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([kind, all]) => [
      kind,
      all.length,
      seconds(percentile(all, 0.5)),
      seconds(percentile(all, 0.99)),
      seconds(Math.max(...all)),
    ]);
  return table(['fault', 'times', 'recovery p50, s', 'p99, s', 'longest, s'], rows);
}

const sessionsTable = (sessions) =>
  table(
    ['seed', 'runs/s asked', 'seconds', 'runs', 'faults', 'violations', 'load of the machine', 'commit'],
    sessions.map((one) => [
      ...[one.seed, one.perSecond, one.seconds, number(one.runs), one.faults.length, one.violations],
      ...[`${one.load} on ${one.cores} cores`, one.commit],
    ]),
  );

/** Which sessions were played before the load had all of that. */
function sinceWhen(sessions) {
  const earlier = sessions.filter(({ signals }) => signals === undefined).map(({ seed }) => seed);
  return earlier.length === 0
    ? ''
    : `
The last four, and what they are about, came after the sessions with the seeds ${earlier.join(', ')}.`;
}

/** Each is given as the lines of docs/reliability/<name>.jsonl. */
export function pageOf({ sessions, coordinators, outages, simulation }) {
  const runs = sum(sessions, 'runs');
  const faults = sessions.flatMap((session) => session.faults).length;
  const failures = sum(sessions, 'violations');
  const bound = `0 in ${number(runs)} runs: with 95 % confidence fewer than 3 in ${number(runs)} (${((3 / runs) * 100).toFixed(3)} %, the rule of three), for runs and faults like these.`;
  return `# Reliability, measured

${number(runs)} runs with ${number(sum(sessions, 'attempts'))} attempts, through ${number(faults)} faults, ${failures === 0 ? 'and not one invariant broken' : `with ${failures} violations`}. Every figure on this page was
printed by a tool; \`npm run reliability\` makes the page from docs/reliability/*.jsonl. More of it:
\`npm run chaos -- --minutes 20 --seed 1 --ledger && npm run reliability\`.

## What was done

Real processes on one machine: Apache Kafka, PostgreSQL, two coordinators with their default settings, three task servers (two with
the SDK, one written without it), runs of chains, diamonds, fans, lists, a random graph, tasks that fail and are tried again, tasks
that fail for good, tasks with limits, schedules; asked for over the bus and over HTTP, some cancelled. Events happen, told of over
both, and rules wait for all or some of a set of them, run a task and raise other events. Meanwhile a schedule is changed and another
one paused over HTTP, and a file that defines jobs, schedules, event sets and rules is applied again and again, twice at once.
Since the session with the seed 601 there are also lists of which so many elements are taken at a time, and files of pipelines that are
imported and applied, twice at once, spoiled or only tried.
5 % of all updates, requests and events come twice, and for each hundred events on the bus one message is poison. Every few seconds
one of the faults below. The seed decides the graph, the load and the faults: \`npm run chaos -- --minutes M --seed S --rate R\` repeats them.

Afterwards an independent checker (test/chaos/checker, which knows of the product the types of the protocol only) reads the topics,
the history, the stored states, and files that the task servers synced to disk before each piece of work. It checks fourteen invariants:
every accepted run ends; each attempt has exactly one invoke record; no transition that the protocol does not have; folding the
history gives the stored state; nothing is applied twice; no update of a stale attempt changes anything; no watchdog fires in spite of
an update that came in time; poison is dead-lettered exactly once and blocks nobody; nothing is left unread or unpublished; what a
fault held up goes on; each event is used by one firing of a rule at most, and by one when its set is complete; never are more attempts of
a task at work than its limits allow; a fan-out has one task run for each element, and ends after all of them; definitions change one
version at a time, files as a whole, and schedules are due by what is in force.${sinceWhen(sessions)}
That it sees what it looks for is tested for each of them (test/chaos/checker/checker.test.ts), and with
real processes from which a guard was taken away (test/chaos/sabotage.test.ts).

${table(['what', 'how many'], [...LOAD.map(([what, key]) => [what, number(sum(sessions, key))]), ...COUNTS.map(([what, key]) => [`**${what}**`, `**${number(sum(sessions, key))}**`])])}

${failures === 0 ? bound : ''}

## Faults

Recovery: from the end of the fault (of a coordinator or a task server that was killed, stopped or ended: from its beginning) until the last attempt that was under
way at its beginning has ended, in whichever way. It includes the work itself, and what the next faults added.

${faultsTable(sessions)}
${coordinatorsPart(coordinators)}${outagesPart(outages)}${simulationPart(simulation)}
## What is not claimed

- Power loss: killing a process loses no page that it gave to the operating system. PostgreSQL runs with fsync on, Kafka does not
  sync each record; on one broker an acknowledged record can be lost with the machine.
- Several brokers: replication factor 1. With three and \`min.insync.replicas=2\` Kafka promises more; it was not tried here.
- That work is done once: a task whose server was killed or stopped may have run more than once, under the same attempt or a new
  one. Its outcome counts once.
- Other machines: the times are of the machines that the sessions ran on, shared with other work where the load says so.

## Sessions

${sessionsTable(sessions)}
`;
}
