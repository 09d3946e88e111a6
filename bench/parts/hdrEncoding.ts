/** Encoding one interval's histogram for `--hdr-log`, beside hdr-histogram-js, which wants an array of all slots. */
import { build, encodeIntoCompressedBase64, type Histogram } from 'hdr-histogram-js';
import { nowMicros } from '../../src/clock.js';
import { encodeHistogram } from '../../src/reports/hdrEncoding.js';
import { type Measurement, median, type Part } from '../measurement.js';
import { ratio } from '../rounds.js';

const range = { maxMicros: 3_600_000_000, significantDigits: 3 } as const;
const histograms = 2_000;
/** A second of an entry at 300 requests: as many slots, from 1 to 2 ms. */
const slots = Array.from({ length: 300 }, (_, index) => 1_000 + index * 3);
const counts = slots.map((_, index) => 1 + (index % 3));

export const part: Part = {
  name: `Histogram log: ${histograms} histograms of ${slots.length} slots`,
  measure({ rounds }): Promise<readonly Measurement[]> {
    const whole = build({
      highestTrackableValue: range.maxMicros,
      numberOfSignificantValueDigits: 3,
      bitBucketSize: 32,
    });
    const ours: number[] = [];
    const packages: number[] = [];
    for (let round = 0; round <= rounds; round++) {
      const times = [
        microsOf(() => encodeHistogram({ slots, counts }, range)),
        microsOf(() => encodeWhole(whole)),
      ] as const;
      if (round === 0) continue; // warm-up
      ours.push(times[0]);
      packages.push(times[1]);
    }
    return Promise.resolve([
      { what: 'from sparse counts', value: median(ours), unit: 'µs' },
      { what: 'hdr-histogram-js, reset and filled', value: median(packages), unit: 'µs' },
      { what: 'hdr-histogram-js / from sparse counts', ...ratio(packages, ours), unit: 'times' },
    ]);
  },
};

function microsOf(encode: () => string): number {
  const start = nowMicros();
  for (let i = 0; i < histograms; i++) encode();
  return (nowMicros() - start) / histograms;
}

function encodeWhole(histogram: Histogram): string {
  histogram.reset();
  for (let i = 0; i < slots.length; i++) histogram.recordValueWithCount(slots[i] ?? 0, counts[i] ?? 0);
  return encodeIntoCompressedBase64(histogram);
}
