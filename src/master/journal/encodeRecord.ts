/**
 * Records as bytes: msgpack, with entries as the reports of workers have them, and rows of numbers where a second has one for each
 * worker. `readRecord.ts` undoes it. Pure.
 */
import { Packr } from 'msgpackr';
import { packEntries } from '../../link/index.js';
import { frameOf } from './frames.js';
import type { AppliedRecord, JournalRecord, StoredCount, StoredWorkerInterval } from './records.js';

const packr = new Packr({ useRecords: true, moreTypes: true });

/** Numbers in a row of `workers` and of `counted`. */
export const workerColumns = 11;
export const countColumns = 6;

export function unpack(payload: Uint8Array): unknown {
  return packr.unpack(payload);
}

/** With its length and its sum. */
export function encodeRecord(record: JournalRecord): Buffer {
  return frameOf(packr.pack(record.kind === 'applied' ? withRows(record) : record));
}

function withRows({ kind, seconds, exceptions, counted, tick }: AppliedRecord): unknown {
  return {
    kind,
    seconds: seconds.map(({ interval, workers }) => ({
      interval: { ...interval, entries: packEntries(interval.entries) },
      workers: rows(workers, workerRow),
    })),
    exceptions,
    counted: rows(counted, countRow),
    tick,
  };
}

function rows<T>(items: readonly T[], row: (item: T) => readonly number[]): Float64Array {
  return Float64Array.from(items.flatMap(row));
}

function workerRow(worker: StoredWorkerInterval): readonly number[] {
  return [
    worker.index,
    worker.startTime,
    worker.seconds,
    Number(worker.isWarmup),
    worker.userCount,
    worker.cpuPercent,
    worker.memoryBytes,
    worker.loopDelayMillis,
    worker.loopUtilisation,
    worker.gcMillis,
    Number(worker.isSaturated),
  ];
}

/** -1 four times where there are no iterations. */
function countRow({ index, sequence, iterations }: StoredCount): readonly number[] {
  const { granted, finished, returned, waiting } = iterations ?? {
    granted: -1,
    finished: -1,
    returned: -1,
    waiting: -1,
  };
  return [index, sequence, granted, finished, returned, waiting];
}
