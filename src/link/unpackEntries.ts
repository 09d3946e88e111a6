/**
 * Reads what `packEntries.ts` wrote, out of any bytes, in time and memory that go with the bytes. Pure, but for a cache of texts, which
 * nobody can tell from none. Throws `LinkError` for what are no entries.
 *
 * Hot: once for each report, and a thousand workers report once a second. One pass over the bytes checks and reads them.
 */
import { LinkError } from '../errors.js';
import { type EntryStats, type OutcomeStats, type SparseCounts, slotCount } from '../stats/index.js';
import { maxCount, maxEntries, maxEpoch, maxPairs, maxText } from './bounds.js';
import { entryBits } from './packEntries.js';
import { TextCache } from './textCache.js';

/** Of UTF-8, for each unit of UTF-16. */
const maxBytesOfUnit = 3;
const allBits = entryBits.ok | entryBits.failed | entryBits.isCoarse;

type Writable<T> = { -readonly [Key in keyof T]: T[Key] };

/** Workers name the same entries in each report: a text that was read before is not made again. */
const texts = new TextCache();

export function unpackEntries(bytes: Uint8Array): EntryStats[] {
  const reader = new EntryReader(bytes);
  const entries: EntryStats[] = [];
  while (!reader.isAtEnd) {
    if (entries.length === maxEntries) throw new LinkError(`entries must be at most ${maxEntries}`);
    entries.push(reader.entry());
  }
  return entries;
}

/** Also of what else an `EntryWriter` wrote. */
export class EntryReader {
  private readonly view: DataView;
  private readonly end: number;
  private at = 0;
  private pairs = 0;

  constructor(private readonly bytes: Uint8Array) {
    this.view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    this.end = bytes.length;
  }

  get isAtEnd(): boolean {
    return this.at === this.end;
  }

  entry(): EntryStats {
    const requestType = this.text('requestType');
    const name = this.text('name');
    const bits = this.bits(allBits);
    const lastRequestTimestamp = this.time('lastRequestTimestamp');
    const entry: Writable<EntryStats> = { requestType, name, lastRequestTimestamp };
    if ((bits & entryBits.isCoarse) !== 0) entry.isCoarse = true;
    if ((bits & entryBits.ok) !== 0) entry.ok = this.outcome();
    if ((bits & entryBits.failed) !== 0) entry.failed = this.outcome();
    return entry;
  }

  /** One byte, of which these bits have a meaning. */
  bits(known: number): number {
    const bits = this.at < this.end ? this.bytes[this.at++]! : this.cutOff();
    if ((bits & ~known) !== 0) throw new LinkError(`an entry has the unknown bits ${bits}`);
    return bits;
  }

  private outcome(): OutcomeStats {
    const untimed = this.number();
    const overlong = this.number();
    const totalMicros = this.amount('totalMicros');
    const minMicros = this.number();
    const maxMicros = this.number();
    const bytes = this.amount('bytes');
    const histogram = this.histogram();
    const timed = sumOf(histogram.counts);
    const outcome: Writable<OutcomeStats> = { timed, untimed, totalMicros, minMicros, maxMicros, bytes, histogram };
    if (overlong > 0) outcome.overlong = overlong;
    return outcome;
  }

  histogram(): SparseCounts & { readonly counts: readonly number[] } {
    const length = this.number();
    this.pairs += length;
    if (length > slotCount) throw new LinkError(`a histogram has ${length} slots: there are ${slotCount}`);
    if (this.pairs > maxPairs) throw new LinkError(`the entries have more than ${maxPairs} slots`);
    if (2 * length > this.end - this.at) this.cutOff();
    const slots = new Array<number>(length);
    const counts = new Array<number>(length);
    let slot = 0;
    for (let i = 0; i < length; i++) {
      const distance = this.number();
      const count = this.number();
      if (i > 0 && distance === 0) throw new LinkError(`a histogram has slot ${slot} twice`);
      if (count === 0) throw new LinkError('a histogram has a slot with the count 0');
      slot += distance;
      if (slot >= slotCount) throw new LinkError(`a histogram has slot ${slot}: the last one is ${slotCount - 1}`);
      slots[i] = slot;
      counts[i] = count;
    }
    return { slots, counts };
  }

  text(what: string): string {
    const length = this.number();
    if (length > maxText * maxBytesOfUnit) throw new LinkError(`${what} has ${length} bytes`);
    const start = this.at;
    this.at += length;
    if (this.at > this.end) this.cutOff();
    const text = texts.textOf(this.bytes, start, this.at);
    if (text.length > maxText) throw new LinkError(`${what} must be a text of at most ${maxText} characters`);
    return text;
  }

  /** Seconds since 1970. */
  time(what: string): number {
    return this.real(what, maxEpoch);
  }

  amount(what: string): number {
    return this.real(what, Number.MAX_VALUE);
  }

  private real(what: string, max: number): number {
    if (this.at + 8 > this.end) this.cutOff();
    const value = this.view.getFloat64(this.at);
    this.at += 8;
    if (value >= 0 && value <= max) return value;
    throw new LinkError(`${what} must be a number from 0 to ${max} but is ${value}`);
  }

  number(): number {
    if (this.at >= this.end) this.cutOff();
    const first = this.bytes[this.at++]!;
    return first < 0x80 ? first : this.longNumber(first & 0x7f);
  }

  private longNumber(first: number): number {
    let value = first;
    for (let factor = 0x80; value <= maxCount; factor *= 0x80) {
      if (this.at >= this.end) this.cutOff();
      const byte = this.bytes[this.at++]!;
      value += (byte & 0x7f) * factor;
      if (byte < 0x80 && value <= maxCount) return value;
    }
    throw new LinkError(`the entries have a number above ${maxCount}`);
  }

  private cutOff(): never {
    throw new LinkError('the entries are cut off');
  }
}

function sumOf(counts: readonly number[]): number {
  let sum = 0;
  for (const count of counts) sum += count;
  if (sum > maxCount) throw new LinkError(`a histogram has more than ${maxCount} samples`);
  return sum;
}
