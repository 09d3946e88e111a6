/**
 * The cost of one record, beside `recordValue` of hdr-histogram-js. As in a run, samples of many sizes go to many entries, and
 * after each 100,000 the interval is taken.
 */
import { build } from 'hdr-histogram-js';
import { nowMicros } from '../../src/clock.js';
import { IntervalRecorder } from '../../src/stats/index.js';
import type { Measurement, Part } from '../measurement.js';
import { middle, ratio } from '../rounds.js';

const perInterval = 100_000;
const intervals = 30;
const entries = 80;
const maxMicros = 3_600_000_000;
/** Log-uniform over 100 µs to 1 s; a power of two, to walk it round without a division. */
const times = Uint32Array.from({ length: 1 << 14 }, (_, i) =>
  Math.floor(100 * 10_000 ** (((i * 7919) % 16_384) / 16_384)),
);
const names = Array.from({ length: entries }, (_, i) => `/items/${i}`);

/** Records `count` samples. */
type Fill = (count: number) => void;

export const part: Part = {
  name: `Record: ${entries} entries, intervals of ${perInterval} samples`,
  measure({ rounds }): Promise<readonly Measurement[]> {
    const recorder = new IntervalRecorder();
    const inHand = names.map((name) => recorder.entry('GET', name));
    const histograms = names.map(() => build({ highestTrackableValue: maxMicros, numberOfSignificantValueDigits: 3 }));
    const take = () => recorder.takeInterval({ isWarmup: false });
    const none = () => {};
    const nanos = {
      one: [] as number[],
      inHand: [] as number[],
      failure: [] as number[],
      found: [] as number[],
      peer: [] as number[],
      take: [] as number[],
    };
    for (let round = 0; round <= rounds; round++) {
      const one = timed((count) => recordOne(inHand, count), take);
      const hand = timed((count) => recordInHand(inHand, count), take);
      const failure = timed((count) => recordFailures(inHand, count), take);
      const found = timed((count) => recordFound(recorder, count), take);
      const peer = timed((count) => recordPeer(histograms, count), none);
      if (round === 0) continue; // warm-up
      nanos.one.push(one.record);
      nanos.inHand.push(hand.record);
      nanos.failure.push(failure.record);
      nanos.found.push(found.record);
      nanos.peer.push(peer.record);
      nanos.take.push(hand.after);
    }
    return Promise.resolve([
      { what: 'one entry, in hand', ...middle(nanos.one), unit: 'ns' },
      {
        what: `${entries} entries, in hand`,
        ...middle(nanos.inHand),
        unit: 'ns',
        target: { is: 'at most', value: 50 },
      },
      { what: `${entries} entries, found by type and name`, ...middle(nanos.found), unit: 'ns' },
      { what: 'a failure, its kind known', ...middle(nanos.failure), unit: 'ns' },
      { what: 'taking the interval, for each sample', ...middle(nanos.take), unit: 'ns' },
      { what: `recordValue of hdr-histogram-js, ${entries} histograms`, ...middle(nanos.peer), unit: 'ns' },
      { what: 'recordValue / record', ...ratio(nanos.peer, nanos.inHand), unit: 'times' },
    ]);
  },
};

/** Nanoseconds for each sample: of recording it, and of what is done after each interval. */
function timed(fill: Fill, after: () => unknown): { readonly record: number; readonly after: number } {
  let recordMicros = 0;
  let afterMicros = 0;
  for (let interval = 0; interval < intervals; interval++) {
    const start = nowMicros();
    fill(perInterval);
    const filled = nowMicros();
    after();
    recordMicros += filled - start;
    afterMicros += nowMicros() - filled;
  }
  const perSample = 1000 / (perInterval * intervals);
  return { record: recordMicros * perSample, after: afterMicros * perSample };
}

type Entries = readonly ReturnType<IntervalRecorder['entry']>[];

function recordOne(inHand: Entries, count: number): void {
  const entry = inHand[0]!;
  for (let i = 0; i < count; i++) entry.record(times[i & 16_383]!, 512);
}

function recordInHand(inHand: Entries, count: number): void {
  for (let i = 0, at = 0; i < count; i++, at = at === entries - 1 ? 0 : at + 1)
    inHand[at]!.record(times[i & 16_383]!, 512);
}

function recordFailures(inHand: Entries, count: number): void {
  for (let i = 0, at = 0; i < count; i++, at = at === entries - 1 ? 0 : at + 1) {
    inHand[at]!.recordFailure(times[i & 16_383]!, 512, '503 Service Unavailable');
  }
}

function recordFound(recorder: IntervalRecorder, count: number): void {
  for (let i = 0, at = 0; i < count; i++, at = at === entries - 1 ? 0 : at + 1) {
    recorder.entry('GET', names[at]!).record(times[i & 16_383]!, 512);
  }
}

function recordPeer(histograms: readonly ReturnType<typeof build>[], count: number): void {
  for (let i = 0, at = 0; i < count; i++, at = at === entries - 1 ? 0 : at + 1)
    histograms[at]!.recordValue(times[i & 16_383]!);
}
