/**
 * The process of parts/journal.ts: a master's statistics with so many entries, each with 60 distinct response times a second, for a
 * minute; then the next report makes the journal begin anew. Sends the bytes of the new file, the processor time until it has
 * taken the old one's place, and the longest time between two turns of the event loop meanwhile: by the clock, in which other
 * processes have their part, and of the processor.
 */
import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { createJournal } from '../src/master/index.js';
import { type EntryStats, type IntervalStats, RunStatistics } from '../src/stats/index.js';

class Turn {
  private constructor(
    readonly millis: number,
    /** Of all threads: at least what the event loop took. */
    readonly cpuMillis: number,
  ) {}

  static of(work: () => void): Turn {
    const [begun, cpu] = [performance.now(), process.cpuUsage()];
    work();
    return new Turn(performance.now() - begun, millisOf(process.cpuUsage(cpu)));
  }

  static async during(work: () => Promise<void>): Promise<Turn> {
    const [begun, cpu] = [performance.now(), process.cpuUsage()];
    await work();
    return new Turn(performance.now() - begun, millisOf(process.cpuUsage(cpu)));
  }
}

const names = Number(process.argv[2]);
const slotsOfEntry = 60;
const seconds = 60;
const start = 1_800_000_000;
const maxMillis = 60_000;
let seed = 1;

const statistics = new RunStatistics({ now: () => start });
for (let second = 0; second < seconds; second++) {
  const now = start + second;
  statistics.apply(
    intervalOf(
      now,
      Array.from({ length: names }, (_, i) => entryOf(i, now)),
    ),
  );
  statistics.tick({ now: now + 1.1, userCount: 1, isWarmup: false });
}

const folder = mkdtempSync(join(tmpdir(), 'tsload-bench-'));
try {
  const path = join(folder, 'journal');
  const journal = await createJournal(path, statistics, about());
  await wait(500);
  const before = statSync(path);
  const cpu = process.cpuUsage();
  const begun = performance.now();
  const turns = [Turn.of(() => void journal.applied({ seconds: [], exceptions: [], counted: [] }))];
  while (statSync(path).ino === before.ino) {
    turns.push(await Turn.during(() => wait(1)));
    if (performance.now() - begun > maxMillis) throw new Error('the journal did not begin anew');
  }
  const longest = Math.max(...turns.map(({ millis }) => millis));
  const busiest = Math.max(...turns.map(({ cpuMillis }) => cpuMillis));
  const millis = performance.now() - begun;
  process.send?.({ longest, busiest, cpu: millisOf(process.cpuUsage(cpu)), millis, bytes: statSync(path).size });
  await journal.close();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function millisOf({ user, system }: NodeJS.CpuUsage): number {
  return (user + system) / 1000;
}

function about() {
  return { version: '0', locustfile: '0'.repeat(64), compactBytes: 1 };
}

function intervalOf(startTime: number, entries: readonly EntryStats[]): IntervalStats {
  return { startTime, seconds: 1, isWarmup: false, entries, errors: [], cutOff: 0, overflowingNames: [] };
}

function entryOf(entry: number, now: number): EntryStats {
  const slots = [...new Set(Array.from({ length: slotsOfEntry }, () => 3000 + Math.floor(4000 * chance())))];
  slots.sort((a, b) => a - b);
  const timed = slots.length;
  const histogram = { slots: Uint16Array.from(slots), counts: new Uint32Array(timed).fill(1) };
  const ok = { timed, untimed: 0, totalMicros: timed * 9e3, minMicros: 1000, maxMicros: 90_000, bytes: 512, histogram };
  return { requestType: 'GET', name: `/items/${entry}`, ok, lastRequestTimestamp: now };
}

/** From 0 to 1, the same numbers in every run. */
function chance(): number {
  seed = (Math.imul(seed, 1_664_525) + 1_013_904_223) >>> 0;
  return seed / 2 ** 32;
}
