/**
 * `npm run bench`: runs the parts, prints a table, and with `--json FILE` writes the same as JSON.
 *
 *   npm run bench -- [part …] [--rounds N] [--seconds N] [--json FILE]
 */
import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { isPinned } from './children.js';
import type { Measurement, Part } from './measurement.js';
import { lineOf } from './table.js';

/** In this order. Each is loaded only when it runs. */
const parts: { readonly [name: string]: () => Promise<{ readonly part: Part }> } = {
  startUp: () => import('./parts/startUp.js'),
  http: () => import('./parts/http.js'),
  httpClient: () => import('./parts/httpClient.js'),
  grpc: () => import('./parts/grpc.js'),
  users: () => import('./parts/users.js'),
  record: () => import('./parts/record.js'),
  memoryOfEntries: () => import('./parts/memoryOfEntries.js'),
  hdrEncoding: () => import('./parts/hdrEncoding.js'),
  merging: () => import('./parts/merging.js'),
  journal: () => import('./parts/journal.js'),
};

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    json: { type: 'string' },
  },
});
const unknown = positionals.filter((name) => parts[name] === undefined);
if (unknown.length > 0) throw new Error(`no part ${unknown.join(', ')}: there are ${Object.keys(parts).join(', ')}`);

const machine = { node: process.version, cpu: cpus()[0]?.model ?? '?', cores: cpus().length, isPinned };
console.log(
  `Node ${machine.node}, ${machine.cores} × ${machine.cpu}, ${isPinned ? 'pinned' : 'not pinned: no taskset'}`,
);

const results: { [part: string]: readonly Measurement[] } = {};
for (const [name, load] of Object.entries(parts)) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const { part } = await load();
  console.log(`\n${part.name}`);
  results[name] = await part.measure({ rounds: Number(values.rounds), seconds: Number(values.seconds) });
  for (const measurement of results[name]) console.log(lineOf(measurement));
}
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ date: new Date().toISOString(), machine, results }, null, 2)}\n`);
}
