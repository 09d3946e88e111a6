/**
 * What a master pays each second for the reports of its workers, once they are decoded: 1,000 workers with 100 entries each,
 * 30 distinct response times in an entry, merged by second and applied to the statistics.
 */
import { type EntryStats, type IntervalStats, RunStatistics, SecondMerger } from '../../src/stats/index.js';
import type { Measurement, Part } from '../measurement.js';
import { middle } from '../rounds.js';

const workers = 1000;
const entries = 100;
const slotsOfEntry = 30;

export const part: Part = {
  name: `Merging: ${workers} workers, ${entries} entries each, ${slotsOfEntry} slots an entry, one second`,
  measure({ rounds }): Promise<readonly Measurement[]> {
    const statistics = new RunStatistics();
    const merger = new SecondMerger();
    const reports = Array.from({ length: workers }, (_, worker) => entriesOf(worker));
    const merging: number[] = [];
    const applying: number[] = [];
    for (let round = -2; round < rounds; round++) {
      const startTime = 1_000_000 + round;
      const merge = cpuMillisOf(() => {
        for (const of of reports) merger.add({ ...nothing, startTime, entries: of });
      });
      const apply = cpuMillisOf(() => {
        for (const { interval } of merger.take()) statistics.apply(interval);
        statistics.tick({ now: startTime + 1.1, userCount: 1, isWarmup: false });
      });
      if (round < 0) continue; // warm-up
      merging.push(merge);
      applying.push(apply);
    }
    const together = middle(merging.map((millis, i) => millis + (applying[i] ?? 0)));
    const perEntry = middle(merging.map((millis) => (millis * 1000) / (workers * entries)));
    return Promise.resolve([
      { what: 'merging, for each entry of a report', ...perEntry, unit: 'µs' },
      { what: 'taking the second and applying it', ...middle(applying), unit: 'ms' },
      { what: 'all of it, a second', ...together, unit: 'ms of one core', target: { is: 'at most', value: 250 } },
    ]);
  },
};

const nothing: Omit<IntervalStats, 'startTime' | 'entries'> = {
  seconds: 1,
  isWarmup: false,
  errors: [],
  cutOff: 0,
  overflowingNames: [],
};

/** Arrays of numbers and strings of its own, as they come out of a message. */
function entriesOf(worker: number): readonly EntryStats[] {
  return Array.from({ length: entries }, (_, entry) => {
    const slots = Array.from({ length: slotsOfEntry }, (_each, i) => 2000 + i * 37 + ((worker * 31 + entry * 7) % 37));
    const counts = slots.map((_each, i) => 1 + (i % 3));
    const timed = counts.reduce((sum, count) => sum + count, 0);
    const histogram = { slots, counts };
    const ok = { timed, untimed: 0, totalMicros: timed * 3e3, minMicros: 2000, maxMicros: 9000, bytes: 512, histogram };
    return { requestType: copied('GET'), name: copied(`/items/${entry}`), ok, lastRequestTimestamp: 1_000_001 };
  });
}

function copied(text: string): string {
  return Buffer.from(text).toString();
}

/** Processor time is what counts on a machine that others use as well. */
function cpuMillisOf(work: () => void): number {
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}
