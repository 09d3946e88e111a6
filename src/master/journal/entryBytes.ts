/**
 * The numbers of entries as bytes, there and back: nearly all of a snapshot. Pure. Texts, numbers and histograms are written as those of a
 * report (`link/packEntries.ts`), which takes a tenth of the time and a third of the bytes that MessagePack takes.
 */
import { LinkError } from '../../errors.js';
import { EntryReader, EntryWriter } from '../../link/index.js';
import type { EntrySnapshot, RecentSnapshot, SecondSnapshot, SparseCounts, SumsSnapshot } from '../../stats/index.js';

/** What an entry has, and what one of its seconds has, as bits of one byte. */
const entryBits = { last: 1, allFailed: 2, isCoarse: 4 } as const;
const secondBits = { ok: 1, failed: 2 } as const;

/** More than statistics keep. */
const maxSeconds = 1000;
const realBytes = 8;
const maxNumberBytes = 8;
const maxHeadBytes = 1 + 2 * realBytes;
const maxSumsBytes = 2 * realBytes + 4 * maxNumberBytes;
const maxSecondBytes = 1 + 3 * realBytes;
const maxExtremesBytes = 2 * maxNumberBytes;

/** In pieces that end with the entry with which they reach so many bytes; an entry is taken when its piece is asked for. */
export function* packedEntries(entries: Iterable<EntrySnapshot>, pieceBytes: number): IterableIterator<Uint8Array> {
  let writer = new EntryWriter(2 * pieceBytes);
  for (const entry of entries) {
    writeEntry(writer, entry);
    if (writer.length < pieceBytes) continue;
    yield writer.written();
    writer = new EntryWriter(2 * pieceBytes);
  }
  if (writer.length > 0) yield writer.written();
}

/** Of one piece. Throws `LinkError` for what is none, when it comes to it. */
export function* unpackedEntries(bytes: Uint8Array): IterableIterator<EntrySnapshot> {
  const reader = new EntryReader(bytes);
  while (!reader.isAtEnd) yield readEntry(reader);
}

function writeEntry(writer: EntryWriter, entry: EntrySnapshot): void {
  const { lastRequestTimestamp, allFailed, recent } = entry;
  writer.text(entry.method);
  writer.text(entry.name);
  writer.makeRoom(maxHeadBytes + 2 * maxSumsBytes);
  writer.bits(
    (lastRequestTimestamp === null ? 0 : entryBits.last) |
      (allFailed === undefined ? 0 : entryBits.allFailed) |
      (entry.isCoarse ? entryBits.isCoarse : 0),
  );
  writer.real(entry.startTime);
  if (lastRequestTimestamp !== null) writer.real(lastRequestTimestamp);
  writeSums(writer, entry.ok);
  writeSums(writer, entry.failed);
  writer.histogram(entry.all);
  if (allFailed !== undefined) writer.histogram(allFailed);
  writer.makeRoom(maxNumberBytes);
  writer.number(recent.length);
  for (const second of recent) writeSecond(writer, second);
}

function readEntry(reader: EntryReader): EntrySnapshot {
  const method = reader.text('method');
  const name = reader.text('name');
  const bits = reader.bits(entryBits.last | entryBits.allFailed | entryBits.isCoarse);
  const startTime = reader.time('startTime');
  return {
    method,
    name,
    startTime,
    isCoarse: (bits & entryBits.isCoarse) !== 0,
    lastRequestTimestamp: (bits & entryBits.last) === 0 ? null : reader.time('lastRequestTimestamp'),
    ok: readSums(reader),
    failed: readSums(reader),
    all: readCounts(reader),
    ...((bits & entryBits.allFailed) !== 0 && { allFailed: readCounts(reader) }),
    recent: readSeconds(reader),
  };
}

function writeSums(writer: EntryWriter, { timed, untimed, totalMicros, bytes, min, max }: SumsSnapshot): void {
  writer.number(timed);
  writer.number(untimed);
  writer.real(totalMicros);
  writer.real(bytes);
  writer.number(min);
  writer.number(max);
}

function readSums(reader: EntryReader): SumsSnapshot {
  return {
    timed: reader.number(),
    untimed: reader.number(),
    totalMicros: reader.amount('totalMicros'),
    bytes: reader.amount('bytes'),
    min: reader.number(),
    max: reader.number(),
  };
}

function readSeconds(reader: EntryReader): SecondSnapshot[] {
  const length = reader.number();
  if (length > maxSeconds) throw new LinkError(`an entry has ${length} recent seconds`);
  return Array.from({ length }, () => readSecond(reader));
}

function writeSecond(writer: EntryWriter, { time, requests, failures, ok, failed }: SecondSnapshot): void {
  writer.makeRoom(maxSecondBytes);
  writer.bits((ok === undefined ? 0 : secondBits.ok) | (failed === undefined ? 0 : secondBits.failed));
  writer.real(time);
  writer.real(requests);
  writer.real(failures);
  if (ok !== undefined) writeRecent(writer, ok);
  if (failed !== undefined) writeRecent(writer, failed);
}

function readSecond(reader: EntryReader): SecondSnapshot {
  const bits = reader.bits(secondBits.ok | secondBits.failed);
  return {
    time: reader.time('time'),
    requests: reader.amount('requests'),
    failures: reader.amount('failures'),
    ...((bits & secondBits.ok) !== 0 && { ok: readRecent(reader) }),
    ...((bits & secondBits.failed) !== 0 && { failed: readRecent(reader) }),
  };
}

function writeRecent(writer: EntryWriter, { min, max, histogram }: RecentSnapshot): void {
  writer.makeRoom(maxExtremesBytes);
  writer.number(min);
  writer.number(max);
  writer.histogram(histogram);
}

function readRecent(reader: EntryReader): RecentSnapshot {
  return { min: reader.number(), max: reader.number(), histogram: readCounts(reader) };
}

/** In as little memory as statistics have them. */
function readCounts(reader: EntryReader): SparseCounts {
  const { slots, counts } = reader.histogram();
  const isWide = counts.some((count) => count > 0xffff_ffff);
  return { slots: Uint16Array.from(slots), counts: isWide ? Float64Array.from(counts) : Uint32Array.from(counts) };
}
