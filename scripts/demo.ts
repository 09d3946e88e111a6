/**
 * `npm run demo [-- 3m]`: the experiment. First REST, then gRPC: 100 users, ten more each second, 30 seconds (or the time span
 * given), each against its example server; then one table of both. What the runs wrote stays in out/demo/.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { comparisonTable, type Run } from './demo/comparison.js';

const runTime = process.argv[2] ?? '30s';
const folder = resolve('out', 'demo');
const experiments = [
  { label: 'REST', locustfile: 'restUser.ts' },
  { label: 'gRPC', locustfile: 'grpcUser.ts' },
] as const;

let isInterrupted = false;
// Ctrl-C reaches the run as well, which then ends in order: this process only stays to print what there is
process.on('SIGINT', () => {
  isInterrupted = true;
});

const runs: Run[] = [];
rmSync(folder, { recursive: true, force: true });
for (const { label, locustfile } of experiments) {
  if (isInterrupted) break;
  console.log(`\n${label}: 100 users, 10 more each second, for ${runTime}\n`);
  const prefix = join(folder, label.toLowerCase(), 'run');
  const code = await loadTest(resolve('examples', locustfile), prefix);
  if (code !== 0) process.exitCode = code;
  try {
    runs.push({ label, statsCsv: readFileSync(`${prefix}_stats.csv`, 'utf8') });
  } catch {
    break; // it ended before there was a file, and has said why
  }
}
if (runs.length > 0) {
  console.log(`\nFactorial of 10000, modulo 100000007: times in ms, sizes in bytes\n`);
  for (const line of comparisonTable(runs)) console.log(line);
  console.log(`\nThe files of both runs are in ${folder}`);
}

/** Runs `tsload` in the folder of its files, where the example writes its own as well. Gives the exit code. */
async function loadTest(locustfile: string, prefix: string): Promise<number> {
  const cwd = join(prefix, '..');
  mkdirSync(cwd, { recursive: true });
  const options = ['--headless', '--users', '100', '--spawn-rate', '10', '--run-time', runTime, '--only-summary'];
  const program = resolve('bin', 'tsload.js');
  const child = spawn(process.execPath, [program, '-f', locustfile, ...options, '--csv', prefix], {
    cwd,
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const [code] = await once(child, 'exit');
  return typeof code === 'number' ? code : 1;
}
