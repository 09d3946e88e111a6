import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { build } from 'esbuild';
import { afterAll, expect, test } from 'vitest';
import { type KeptJournal, loadJournal } from '../../../src/master/index.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { captureLog } from '../../capturedLog.js';
import { aFolder } from '../reports/aView.js';
import { everyNumber } from '../stats/everyNumber.js';
import { JournaledRun } from './journalDriver.js';

const program = aFolder();
afterAll(() => program[Symbol.dispose]());
const child = await bundled('journalChild');

async function bundled(name: string): Promise<string> {
  const outfile = join(program.path, `${name}.mjs`);
  await build({
    entryPoints: [new URL(`${name}.ts`, import.meta.url).pathname],
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    outfile,
  });
  return outfile;
}

/** Runs it as a process whose files may have 30 kB, the full disk that any user may have, and whose log lines have another time. */
function runOnFullDisk(...words: readonly string[]): Promise<{ readonly stdout: string; readonly stderr: string }> {
  const script = 'ulimit -S -f 60; exec "$0" "$@"'; // blocks of 512 bytes
  return promisify(execFile)('sh', ['-c', script, process.execPath, ...words], {
    env: { ...process.env, TZ: 'Asia/Kolkata' },
  });
}

/** For a run whose numbers are wanted, and no journal. */
const noJournal: KeptJournal = {
  path: '',
  failed: undefined,
  part: () => {},
  close: async () => {},
  end: async () => {},
  testStopped: () => {},
  cleared: () => {},
  totalsBegun: () => {},
  reset: () => {},
  applied: async () => {},
  setup: () => {},
  worker: () => {},
  workerLost: () => {},
  workerGone: () => {},
  workerForgotten: () => {},
  workerFound: () => {},
  testStarted: () => {},
  targetChanged: () => {},
  spawned: () => {},
};

/** The statistics of such a run after so many requests. */
async function statisticsAfter(requests: number): Promise<RunStatistics> {
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  const run = new JournaledRun(statistics, noJournal, ['host_1', 'host_2']);
  run.begin();
  while (run.requests < requests) await run.second();
  return statistics;
}

test('a master that is killed leaves a journal with all that was safe, and nothing twice or by half', async () => {
  for (let kill = 0; kill < 5; kill++) {
    using folder = aFolder();
    const path = join(folder.path, 'journal');
    const running = spawn(process.execPath, [child, path], { stdio: ['ignore', 'pipe', 'inherit'] });
    let safe = 0;
    const lines = createInterface({ input: running.stdout });
    lines.on('line', (line) => {
      safe = Number(line);
    });
    const ended = once(running, 'close');
    await Promise.race([once(lines, 'line'), ended]);
    setTimeout(() => running.kill('SIGKILL'), Math.random() * 150);
    await ended;
    const statistics = new RunStatistics({ now: () => 1_700_000_000 });
    const resumed = await loadJournal(path);
    resumed.restore(statistics);
    const { numRequests } = statistics.total;
    expect(numRequests).toBeGreaterThanOrEqual(safe);
    expect(everyNumber(statistics)).toEqual(everyNumber(await statisticsAfter(numRequests)));
    expect(resumed.run.workers.map(({ sequence }) => sequence * 10)).toEqual([numRequests, numRequests]);
  }
});

test('a full disk is one line in the log, the run goes on, and what was safe before can be gone on with', async () => {
  using folder = aFolder();
  const path = join(folder.path, 'journal');
  const { stdout, stderr } = await runOnFullDisk(child, path, '200');
  const sentence =
    /the journal .*journal cannot be written \(EFBIG: file too large\): the run goes on without it, and --resume could go on only from 03:4\d:\d\d$/;
  const end: unknown = JSON.parse(stdout.trim().split('\n').at(-1) ?? '');
  expect(end).toEqual({ failed: expect.stringMatching(sentence), requests: 2000 });
  expect(stderr).toBe('');
  using log = captureLog();
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  const resumed = await loadJournal(path);
  resumed.restore(statistics);
  const { numRequests } = statistics.total;
  expect(numRequests).toBeGreaterThan(0);
  expect(everyNumber(statistics)).toEqual(everyNumber(await statisticsAfter(numRequests)));
  expect(log.at('WARNING').filter((line) => line.includes('no whole record'))).toEqual([]);
});

test('a new file that the disk does not take is deleted, and the old one goes on', async () => {
  using folder = aFolder();
  const { stdout } = await runOnFullDisk(await bundled('nextFileChild'), join(folder.path, 'journal'));
  expect(JSON.parse(stdout)).toEqual({ isInPlace: false, end: 'ooab', causes: [], isLeft: false });
});
