/**
 * What simulated workers of Locust report every three seconds: three of the intervals that simulated workers of tsload report,
 * as Locust's entries. Packed once a period for all workers that send the same, as only the last field names the worker.
 */
import { packEnvelope } from '../../../src/link/locust/envelope.js';
import { StatsMessage } from '../../../src/link/locust/statsMessage.js';
import type { IntervalStats } from '../../../src/stats/index.js';
import { requestsIn } from '../load.js';

export const reportSeconds = 3;

export interface Report {
  /** All of the message but the id of its worker, which stands at the end. */
  readonly head: Buffer;
  readonly requests: number;
}

export class ReportBytes {
  readonly #made = new Map<number, Report>();
  #second = 0;

  constructor(
    private readonly intervals: readonly IntervalStats[],
    private readonly userCount: number,
  ) {}

  /** The report of the seconds before `now`. `variant`: which of the intervals. */
  reportOf(variant: number, now: number): Report {
    const second = Math.floor(now);
    if (second !== this.#second) this.#made.clear();
    this.#second = second;
    const at = variant % this.intervals.length;
    const made = this.#made.get(at) ?? this.#make(at, second);
    this.#made.set(at, made);
    return made;
  }

  #make(variant: number, second: number): Report {
    const message = new StatsMessage(second - reportSeconds);
    let requests = 0;
    for (let i = 0; i < reportSeconds; i++) {
      const interval = this.intervals[(variant + i) % this.intervals.length];
      if (interval === undefined) continue;
      const startTime = second - reportSeconds + i;
      const entries = interval.entries.map((entry) => ({ ...entry, lastRequestTimestamp: startTime + 0.9 }));
      message.add({ ...interval, entries, startTime, seconds: 1 });
      requests += requestsIn(interval);
    }
    const counts = { user_classes_count: new Map([['Simulated', this.userCount]]), user_count: this.userCount };
    const packed = packEnvelope({ type: 'stats', data: { ...message.take(second), ...counts }, nodeId: '' });
    return { head: packed.subarray(0, -1), requests }; // an empty text is one byte
  }
}
