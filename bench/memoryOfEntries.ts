/**
 * The process of parts/memoryOfEntries.ts: 10,000 entries with 1,000 samples each, log-uniform over 1 to 100 ms, recorded by a
 * worker and summed by a master in this one process. Sends its resident memory.
 */
import { IntervalRecorder, RunStatistics } from '../src/stats/index.js';

const names = 10_000;
const samples = 1_000;
const seconds = Number(process.argv[2]);

const recorder = new IntervalRecorder();
const statistics = new RunStatistics();
const entries = Array.from({ length: names }, (_, i) => recorder.entry('GET', `/items/${i}`));
let seed = 1;
let peak = 0;

for (let second = 0; second < seconds; second++) {
  for (let i = 0; i < samples / seconds; i++) {
    for (const entry of entries) entry.record(Math.round(1000 * 100 ** chance()), 512);
  }
  peak = Math.max(peak, process.memoryUsage.rss());
  statistics.apply(recorder.takeInterval({ isWarmup: false }));
  statistics.tick({ now: Date.now() / 1000, userCount: 1, isWarmup: false });
  peak = Math.max(peak, process.memoryUsage.rss());
  await new Promise((resolve) => setTimeout(resolve, 1)); // as between two reports
}
if (statistics.total.numRequests !== names * samples) throw new Error(`${statistics.total.numRequests} requests`);
process.send?.({ peak, resident: process.memoryUsage.rss() });

/** From 0 to 1, the same numbers in every run. */
function chance(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}
