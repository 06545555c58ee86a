// One part of the suite: a jest invocation of its own with its own time limit, judged by its JSON report.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

/** A part whose report is written but whose process goes on has left something open. */
const LEFT_OPEN_MS = 15_000;
const POLL_MS = 200;
/** A machine that is also busy with something else takes several times as long, and starting takes its time too. */
const limitMsOf = ({ budgetSeconds, limitMs }) => limitMs ?? Math.max(4 * budgetSeconds, 120) * 1_000;
const SEQUENCER = fileURLToPath(new URL('longest-first.cjs', import.meta.url));

function jestArguments(part, report, whole) {
  const args = [
    '--experimental-vm-modules',
    '--disable-warning=ExperimentalWarning',
    'node_modules/jest/bin/jest.js',
    '--ci',
    '--runTestsByPath',
    ...part.files,
  ];
  args.push('--json', `--outputFile=${report}`, `--maxWorkers=${part.workers}`);
  args.push(`--testSequencer=${SEQUENCER}`);
  if (part.coverage && whole) {
    args.push('--coverage', '--coverageReporters=text-summary', `--coverageDirectory=coverage/${part.name}`);
    args.push(...part.coverage.from.map((glob) => `--collectCoverageFrom=${glob}`));
    args.push(`--coverageThreshold=${JSON.stringify(part.coverage.threshold)}`);
  }
  return args;
}

/** Ends a process and all that descend from it: jest's workers do not end with it, nor do the servers that tests started. */
export async function killTree(pid) {
  const { processTree } = await import('../../libs/local-stack/dist/process-tree.js');
  for (const member of processTree(pid)) {
    try {
      process.kill(member, 'SIGKILL');
    } catch {
      // gone already
    }
  }
}

/** Resolves with how jest ended; kills it when it takes too long or does not end after its report. */
function runJest(root, args, env, report, part, onChild) {
  const { leftOpenMs = LEFT_OPEN_MS } = part;
  const limitMs = limitMsOf(part);
  return new Promise((resolve) => {
    const child = spawn(process.execPath, args, { cwd: root, env, stdio: ['ignore', 'ignore', 'inherit'] });
    onChild(child);
    const begun = performance.now();
    let reportedAt;
    let verdict;
    const end = (why) => {
      clearInterval(watch);
      verdict = why;
      void killTree(child.pid);
    };
    const watch = setInterval(() => {
      const now = performance.now();
      if (reportedAt === undefined && existsSync(report)) reportedAt = now;
      if (now - begun > limitMs) end(`took longer than ${limitMs / 1000} s`);
      else if (now - reportedAt > leftOpenMs) end('did not end: something is left open');
    }, POLL_MS);
    child.on('exit', (code, signal) => {
      clearInterval(watch);
      resolve({ code, problem: verdict ?? (code === null ? `was ended by ${signal}` : undefined) });
    });
  });
}

/** Path from the root → whole seconds that the file took. */
const secondsOf = (root, { testResults }) =>
  Object.fromEntries(
    testResults.map(({ name, startTime, endTime }) => [
      relative(root, name).replaceAll('\\', '/'),
      Math.ceil((endTime - startTime) / 1000),
    ]),
  );

/** `{ name, budgetSeconds, passed, failed, seconds, problems, files }`; what kept tests from running counts as one failure each. */
export async function runPart(root, part, { env, dir, whole, onChild }) {
  const begun = performance.now();
  const report = join(dir, `${part.name.replace(/\W+/g, '-')}.json`);
  const args = jestArguments(part, report, whole);
  const { code, problem } = await runJest(root, args, env, report, part, onChild);
  const seconds = (performance.now() - begun) / 1000;
  const problems = problem ? [problem] : [];
  let passed = 0;
  let failedTests = 0;
  let files = {};
  if (existsSync(report)) {
    const result = JSON.parse(readFileSync(report, 'utf8'));
    passed = result.numPassedTests;
    failedTests = result.numFailedTests;
    files = secondsOf(root, result);
    for (const file of result.testResults.filter(
      (one) => one.status === 'failed' && one.assertionResults.length === 0,
    )) {
      problems.push(`${file.name} did not run`);
    }
    const notRun = result.numPendingTests + result.numTodoTests;
    if (notRun > 0) problems.push(`${notRun} tests were skipped`);
    if (passed + failedTests === 0 && problems.length === 0) problems.push('no test ran');
    const explained = failedTests > 0 || problems.length > 0;
    if (code !== 0 && !explained)
      problems.push(part.coverage ? 'coverage is below its threshold' : `jest ended with ${code}`);
  } else if (problems.length === 0) {
    problems.push(`jest ended with ${code} and no report`);
  }
  const { name, budgetSeconds } = part;
  return { name, budgetSeconds, passed, failed: failedTests + problems.length, seconds, problems, files };
}
