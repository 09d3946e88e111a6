/**
 * The entries of an interval as bytes: nearly all of a report. Pure. `unpackEntries.ts` reads them, and docs/protocol.md describes
 * them under "Entries as bytes".
 *
 * The bytes are our own because a master takes a thousand reports a second apart: as MessagePack each entry is two maps or three
 * that name their fields again.
 */
import type { EntryStats, OutcomeStats, SparseCounts } from '../stats/index.js';

/** What an entry has, as bits of one byte. */
export const entryBits = { ok: 1, failed: 2, isCoarse: 4 } as const;

const realBytes = 8;
const maxNumberBytes = 8;
/** Of an entry without its texts, and of an outcome without its histogram. */
const maxEntryBytes = 1 + realBytes;
const maxOutcomeBytes = 2 * realBytes + 4 * maxNumberBytes;
/** More than most entries take. */
const usualBytes = 200;

export function packEntries(entries: readonly EntryStats[]): Uint8Array {
  const writer = new EntryWriter(entries.length * usualBytes);
  for (const entry of entries) writer.entry(entry);
  return writer.written();
}

/** Also of what else is made of texts, numbers and histograms: a journal has its entries so. */
export class EntryWriter {
  private bytes: Buffer;
  private at = 0;

  constructor(room: number) {
    this.bytes = Buffer.allocUnsafe(room);
  }

  get length(): number {
    return this.at;
  }

  written(): Uint8Array {
    return this.bytes.subarray(0, this.at);
  }

  entry({ requestType, name, lastRequestTimestamp, ok, failed, isCoarse }: EntryStats): void {
    this.text(requestType);
    this.text(name);
    this.makeRoom(maxEntryBytes);
    const has = (bit: number, isThere: boolean): number => (isThere ? bit : 0);
    this.bits(
      has(entryBits.ok, ok !== undefined) |
        has(entryBits.failed, failed !== undefined) |
        has(entryBits.isCoarse, isCoarse === true),
    );
    this.real(lastRequestTimestamp);
    if (ok !== undefined) this.outcome(ok);
    if (failed !== undefined) this.outcome(failed);
  }

  private outcome(outcome: OutcomeStats): void {
    this.makeRoom(maxOutcomeBytes);
    this.number(outcome.untimed);
    this.number(outcome.overlong ?? 0);
    this.real(outcome.totalMicros);
    this.number(outcome.minMicros);
    this.number(outcome.maxMicros);
    this.real(outcome.bytes);
    this.histogram(outcome.histogram);
  }

  /** Slots as distances from the one before; how many samples were timed is the sum of the counts. */
  histogram({ slots, counts }: SparseCounts): void {
    this.makeRoom((1 + 2 * slots.length) * maxNumberBytes);
    this.number(slots.length);
    let before = 0;
    for (let i = 0; i < slots.length; i++) {
      this.number(slots[i]! - before);
      this.number(counts[i]!);
      before = slots[i]!;
    }
  }

  text(text: string): void {
    const length = Buffer.byteLength(text);
    this.makeRoom(maxNumberBytes + length);
    this.number(length);
    this.at += this.bytes.write(text, this.at);
  }

  /** Whole, up to 2^53 - 1: seven bits in a byte, the lowest first; the eighth bit says that there are more. There is room. */
  number(number: number): void {
    let rest = number;
    for (; rest > 0x7f; rest = Math.floor(rest / 0x80)) this.bytes[this.at++] = (rest % 0x80) | 0x80;
    this.bytes[this.at++] = rest;
  }

  /** One byte. There is room. */
  bits(bits: number): void {
    this.bytes[this.at++] = bits;
  }

  /** There is room. */
  real(number: number): void {
    this.at = this.bytes.writeDoubleBE(number, this.at);
  }

  makeRoom(needed: number): void {
    if (this.at + needed <= this.bytes.length) return;
    const longer = Buffer.allocUnsafe(2 * (this.at + needed));
    longer.set(this.bytes.subarray(0, this.at));
    this.bytes = longer;
  }
}
