/**
 * The snapshot of a run, record by record. What the state has is taken at once, with the first record; entries and parts are taken when
 * their record is asked for, so that a large snapshot can be made a little at a time while the run goes on (`records.ts`).
 */
import type { RunStatistics } from '../../stats/index.js';
import { encodeRecord } from './encodeRecord.js';
import { packedEntries } from './entryBytes.js';
import type { RunAbout, SnapshotRecord, StateItems } from './records.js';
import type { RunFacts } from './runFacts.js';

/** Pieces of an output's own, each taken when it is asked for. */
export type Parts = ReadonlyMap<string, () => Iterable<unknown>>;

/** A record has about so many bytes, and more only when a single entry has. */
const pieceBytes = 32 * 1024;
/** Items in a record: their texts may be long. */
const itemsAtOnce: Readonly<Record<keyof StateItems, number>> = {
  workers: 200,
  names: 200,
  errors: 4,
  exceptions: 4,
  points: 100,
  lines: 200,
};

export function* snapshotRecords(
  about: RunAbout,
  facts: RunFacts,
  statistics: RunStatistics,
  parts: Parts,
): IterableIterator<SnapshotRecord> {
  const { workers, ...state } = facts.state;
  const { total, entries: names, errors, exceptions, history, workers: lines, ...sums } = statistics.snapshot();
  const [packed = new Uint8Array(0)] = packedEntries([total], 1);
  const { resolution, points } = history;
  yield { kind: 'state', about, ...state, statistics: { ...sums, total: packed, resolution } };
  yield* itemsOf('workers', workers);
  yield* itemsOf('names', names);
  yield* itemsOf('errors', errors);
  yield* itemsOf('exceptions', exceptions);
  yield* itemsOf('points', points);
  yield* itemsOf('lines', lines);
  for (const piece of packedEntries(statistics.entrySnapshots(), pieceBytes)) yield { kind: 'entries', packed: piece };
  for (const [name, pieces] of parts) for (const piece of pieces()) yield { kind: 'part', name, piece };
  yield { kind: 'complete' };
}

function* itemsOf<Key extends keyof StateItems>(key: Key, items: StateItems[Key]): IterableIterator<SnapshotRecord> {
  const { [key]: count } = itemsAtOnce;
  for (let at = 0; at < items.length; at += count) yield { kind: 'items', [key]: items.slice(at, at + count) };
}

/** Records as bytes, several in a slice of about so many bytes; they are taken when their slice is asked for. */
export function* slicesOf(records: Iterable<SnapshotRecord>, sliceBytes: number): IterableIterator<Buffer> {
  let frames: Buffer[] = [];
  let length = 0;
  for (const record of records) {
    const frame = encodeRecord(record);
    frames.push(frame);
    length += frame.length;
    if (length < sliceBytes) continue;
    yield Buffer.concat(frames);
    frames = [];
    length = 0;
  }
  if (length > 0) yield Buffer.concat(frames);
}
