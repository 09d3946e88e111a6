/**
 * `npm run bench:cluster`: what a master costs with a thousand workers, which another process plays over real links.
 *
 *   npm run bench:cluster -- [--workers N] [--entries N] [--requests N] [--seconds N | --minutes N] [--json FILE]
 *     [--no-locust | --locust-seconds N]
 *
 * The load: each worker reports `entries` entries with `requests` samples each, at each whole second, and sends a heartbeat a
 * second. The master runs on a core of its own. How long heartbeats take is measured by a third process that plays a few more
 * workers, each with ten heartbeats a second and no wait behind the reports of others in its own process. Beside it, where it is
 * installed, Locust's master with the same load.
 */
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isPinned } from './children.js';
import { canMeasureLocust, measureLocustMaster } from './cluster/locust/measureMaster.js';
import { measureMaster } from './cluster/measureMaster.js';
import { measurePlanning } from './cluster/planning.js';
import type { Measurement } from './measurement.js';
import { lineOf } from './table.js';

const { values } = parseArgs({
  allowNegative: true,
  options: {
    workers: { type: 'string', default: '1000' },
    entries: { type: 'string', default: '100' },
    requests: { type: 'string', default: '10' },
    seconds: { type: 'string', default: '60' },
    minutes: { type: 'string' },
    locust: { type: 'boolean', default: true },
    'locust-seconds': { type: 'string', default: '60' },
    json: { type: 'string' },
  },
});

const load = {
  workers: Number(values.workers),
  entries: Number(values.entries),
  requests: Number(values.requests),
  seconds: values.minutes === undefined ? Number(values.seconds) : Number(values.minutes) * 60,
  token: randomBytes(16).toString('hex'),
};
const machine = { node: process.version, cpu: cpus()[0]?.model ?? '?', cores: cpus().length, isPinned };
console.log(
  `Node ${machine.node}, ${machine.cores} × ${machine.cpu}, ${isPinned ? 'pinned' : 'not pinned: no taskset'}`,
);

const results: { [part: string]: readonly Measurement[] } = {};

async function show(title: string, measure: () => Promise<readonly Measurement[]>): Promise<void> {
  console.log(`\n${title}`);
  const measurements = await measure();
  results[title] = measurements;
  for (const measurement of measurements) console.log(lineOf(measurement));
}

const { workers, entries, requests, seconds } = load;
await show(
  `Master of ${workers} workers: ${entries} entries each, ${requests} samples an entry, for ${seconds} s`,
  () => measureMaster(load),
);
if (values.locust && canMeasureLocust) {
  await show(`Locust's master with the same workers, which report every 3 s, for ${values['locust-seconds']} s`, () =>
    measureLocustMaster({ ...load, seconds: Number(values['locust-seconds']) }),
  );
} else if (values.locust)
  console.log('\nThere is no Locust on the PATH (TSLOAD_BENCH_LOCUST=venv/bin/locust names it)');
await show('Planning of 1,000,000 users over 10,000 workers', measurePlanning);
if (values.json !== undefined) {
  writeFileSync(
    values.json,
    `${JSON.stringify({ date: new Date().toISOString(), machine, load: { ...load, token: undefined }, results }, null, 2)}\n`,
  );
}
