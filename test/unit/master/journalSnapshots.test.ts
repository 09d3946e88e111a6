import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { createJournal, loadJournal } from '../../../src/master/index.js';
import { unpack } from '../../../src/master/journal/encodeRecord.js';
import { readFrames } from '../../../src/master/journal/frames.js';
import { JournalFile } from '../../../src/master/journal/journalFile.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { until } from '../../until.js';
import { aFolder } from '../reports/aView.js';
import { everyNumber } from '../stats/everyNumber.js';
import { anAbout, JournaledRun } from './journalDriver.js';

interface SeenRecord {
  readonly kind: string;
  readonly period?: number;
}

/** What stands in a journal, in its order. */
function recordsOf(path: string): SeenRecord[] {
  const isRecord = (value: unknown): value is SeenRecord => typeof value === 'object' && value !== null;
  return readFrames(readFileSync(path), path)
    .payloads.map((payload) => unpack(payload))
    .filter(isRecord);
}

/** Many entries, so that a snapshot has several slices; each second that is applied is smaller than a snapshot by far. */
async function aWideRun(folder: string) {
  const path = join(folder, 'journal');
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  const journal = await createJournal(path, statistics, { ...anAbout, compactBytes: 700_000 });
  const run = new JournaledRun(statistics, journal, ['host_1', 'host_2'], 300);
  run.begin();
  for (let second = 0; second < 8; second++) await run.second(2000);
  return { path, statistics, journal, run, isUnderWay: () => existsSync(`${path}.new`) };
}

async function restoredFrom(path: string): Promise<RunStatistics> {
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  (await loadJournal(path)).restore(statistics);
  return statistics;
}

describe('a journal that begins anew while its run goes on', () => {
  test('lets the event loop turn between slices, and has each second that is applied meanwhile once', async () => {
    using folder = aFolder();
    const { path, statistics, journal, run, isUnderWay } = await aWideRun(folder.path);
    let turns = 0;
    for (let hasBegun = false; isUnderWay() || !hasBegun; hasBegun ||= isUnderWay()) {
      if (turns < 100) void run.second(hasBegun ? 1 : 2000);
      if (hasBegun) turns++;
      await turn();
    }
    await run.second(1);
    const records = recordsOf(path).map(({ kind }) => kind);
    const snapshot = records.slice(0, records.indexOf('complete'));
    expect(records[0]).toBe('state');
    expect(statSync(path).size).toBeGreaterThan(500_000);
    expect(turns).toBeGreaterThan(statSync(path).size / 400_000);
    expect(snapshot.lastIndexOf('entries')).toBeGreaterThan(snapshot.indexOf('applied'));
    expect(snapshot.indexOf('applied')).toBeGreaterThan(snapshot.indexOf('entries'));
    await journal.close();
    expect(everyNumber(await restoredFrom(path))).toEqual(everyNumber(statistics));
  });

  test.each(['a new test', 'a reset'])('%s calls the snapshot off, and another one follows', async (what) => {
    using folder = aFolder();
    const { path, statistics, journal, run, isUnderWay } = await aWideRun(folder.path);
    const beginAnew = (): void => {
      if (what === 'a reset') {
        statistics.resetAll(run.time);
        journal.reset(2, run.time);
      } else {
        statistics.clearAll(run.time);
        journal.cleared(2, run.time);
      }
    };
    let old: number | undefined;
    journal.part('of an output', function* () {
      // behind the entries, so the snapshot is under way
      if (old === undefined) beginAnew();
      old ??= statSync(path).ino;
      yield 'a piece';
    });
    while (old === undefined) await run.second(2000);
    await until(() => !isUnderWay());
    expect(statSync(path).ino).toBe(old);
    while (statSync(path).ino === old) await run.second(10); // a second begins the next one when the one called off is over
    await run.second(10);
    await journal.close();
    expect(recordsOf(path)[0]).toMatchObject({ kind: 'state', period: 2 });
    expect(everyNumber(await restoredFrom(path))).toEqual(everyNumber(statistics));
  });

  test('that is closed meanwhile is the old file, and whole', async () => {
    using folder = aFolder();
    const { path, statistics, journal, run, isUnderWay } = await aWideRun(folder.path);
    while (!isUnderWay()) {
      void run.second(2000);
      await turn();
    }
    await journal.close();
    expect(isUnderWay()).toBe(false);
    expect(everyNumber(await restoredFrom(path))).toEqual(everyNumber(statistics));
  });
});

describe('a new file in the place of the old one', () => {
  const contents = (path: string) => readFileSync(path, 'latin1').split('\n')[1];

  async function aFile(folder: string, maxWaitingBytes?: number) {
    const path = join(folder, 'j');
    const causes: unknown[] = [];
    const file = await JournalFile.create(path, Buffer.from('old;'), {
      ...(maxWaitingBytes !== undefined && { maxWaitingBytes }),
      onFailure: (cause) => causes.push(cause),
    });
    return { path, file, causes };
  }

  test('may be much larger than what may wait to be written', async () => {
    using folder = aFolder();
    const { path, file, causes } = await aFile(folder.path, 1000);
    const slices = Array.from({ length: 200 }, () => Buffer.alloc(500, 'x'));
    expect(await file.replace(slices)).toBe(true);
    await file.append(Buffer.from(';new'));
    await file.close();
    expect(causes).toEqual([]);
    expect(contents(path)).toBe(`${'x'.repeat(100_000)};new`);
  });

  test('has what is appended meanwhile behind the slices that were taken before, and the old one has it too', async () => {
    using folder = aFolder();
    const { path, file } = await aFile(folder.path);
    let old: string | undefined;
    function* slices() {
      yield Buffer.from('a;');
      void file.append(Buffer.from('1;'));
      yield Buffer.from('b;');
      void file.append(Buffer.from('2;'));
      old = contents(path);
      yield Buffer.from('c;');
    }
    const replaced = file.replace(slices());
    await file.append(Buffer.from('0;'));
    expect(await replaced).toBe(true);
    await file.append(Buffer.from('3;'));
    await file.close();
    expect(contents(path)).toBe('a;0;1;b;2;c;3;');
    expect(old).toMatch(/^old;0;/);
  });

  test('is not written through a link, nor with the rights of a file that is there', async () => {
    using folder = aFolder();
    const { path, file } = await aFile(folder.path);
    const other = join(folder.path, 'other');
    writeFileSync(other, 'of somebody');
    symlinkSync(other, `${path}.new`);
    expect(await file.replace([Buffer.from('a;')])).toBe(true);
    expect(readFileSync(other, 'utf8')).toBe('of somebody');
    expect(lstatSync(path).isSymbolicLink()).toBe(false);
    writeFileSync(`${path}.new`, 'left by a master that was killed, and longer');
    chmodSync(`${path}.new`, 0o666);
    expect(await file.replace([Buffer.from('b;')])).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
    await file.close();
    expect(contents(path)).toBe('b;');
  });

  test('that cannot be made leaves the old one, which goes on', async () => {
    using folder = aFolder();
    const { path, file, causes } = await aFile(folder.path);
    mkdirSync(`${path}.new`);
    expect(await file.replace([Buffer.from('a;'), Buffer.from('b;')])).toBe(false);
    await file.append(Buffer.from('1;'));
    await file.close();
    expect(contents(path)).toBe('old;1;');
    expect(causes).toEqual([]);
  });

  test('of which a slice cannot be made leaves the old one, and nothing beside it', async () => {
    using folder = aFolder();
    const { path, file } = await aFile(folder.path);
    function* slices() {
      yield Buffer.from('a;');
      throw new Error('no more');
    }
    await expect(file.replace(slices())).rejects.toThrow('no more');
    expect(existsSync(`${path}.new`)).toBe(false);
    await file.append(Buffer.from('1;'));
    await file.close();
    expect(contents(path)).toBe('old;1;');
  });
});
