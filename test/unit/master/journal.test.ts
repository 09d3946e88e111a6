import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { checkLocustfile, checkNoJournal, createJournal, loadJournal } from '../../../src/master/index.js';
import { frameOf, readFrames } from '../../../src/master/journal/frames.js';
import { type IntervalStats, RunStatistics } from '../../../src/stats/index.js';
import { captureLog } from '../../capturedLog.js';
import fc from '../../properties.js';
import { aFolder } from '../reports/aView.js';
import { everyNumber } from '../stats/everyNumber.js';
import { anAbout, aSetup, JournaledRun, settings } from './journalDriver.js';

/** A run in that folder, begun, whose journal begins anew when it has grown by so many bytes. */
async function aRun(folder: string, compactBytes?: number) {
  const path = join(folder, 'sub', 'run_journal.tsload');
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  const journal = await createJournal(path, statistics, {
    ...anAbout,
    ...(compactBytes !== undefined && { compactBytes }),
  });
  const run = new JournaledRun(statistics, journal, ['host_1', 'host_2', 'host_3']);
  run.begin();
  return { path, statistics, journal, run };
}

async function restoredFrom(path: string) {
  using log = captureLog();
  const resumed = await loadJournal(path);
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  resumed.restore(statistics);
  const [torn = '0'] = log.at('WARNING').flatMap((line) => /the last (\d+) bytes/.exec(line)?.[1] ?? []);
  return { resumed, statistics, tornBytes: Number(torn) };
}

describe('a journal', () => {
  test.each([
    ['as one file', undefined],
    ['begun anew again and again', 2000],
  ])('gives back the statistics to the last number, and all that a master needs: %s', async (_, compactBytes) => {
    using folder = aFolder();
    const { path, statistics, journal, run } = await aRun(folder.path, compactBytes);
    for (let second = 0; second < 20; second++) await run.second(second);
    journal.spawned();
    statistics.resetAll(run.time + 0.2);
    journal.reset(2, run.time + 0.2);
    for (let second = 0; second < 12; second++) await run.second();
    statistics.workerLost('host_2', run.time + 0.5, run.time - 3);
    journal.workerLost('host_2', run.time + 0.5, run.time - 3);
    journal.workerGone('host_2');
    journal.targetChanged({ userCount: 20, spawnRate: 4, userClasses: ['Shopper'] });
    await journal.close();
    const { resumed, statistics: restored, tornBytes } = await restoredFrom(path);
    expect(everyNumber(restored)).toEqual(everyNumber(statistics));
    expect(tornBytes).toBe(0);
    expect(resumed.lastTime).toBeCloseTo(run.time + 0.1, 6);
    expect(resumed.about).toMatchObject({ version: '1.2.3', locustfile: 'f'.repeat(64) });
    const iterations = { granted: 50, finished: run.requests, returned: 0, waiting: 1 };
    expect(resumed.run).toEqual({
      setup: aSetup,
      lastTime: resumed.lastTime,
      test: 1,
      period: 2,
      workers: ['host_1', 'host_2', 'host_3'].map((id, index) => {
        return { id, index, graceSeconds: 60, sequence: 32, iterations, isGone: id === 'host_2' };
      }),
      running: {
        test: 1,
        period: 1,
        startTime: 1_700_000_000,
        settings,
        load: { userCount: 20, spawnRate: 4, userClasses: ['Shopper'] },
        isSpawned: false,
      },
    });
  });

  test.each([
    ['as one file', undefined],
    ['begun anew again and again', 2000],
  ])('has no line of a worker that is forgotten, and how many of those are lost: %s', async (_, compactBytes) => {
    using folder = aFolder();
    const statistics = new RunStatistics({ now: () => 1_700_000_000 });
    const path = join(folder.path, 'j');
    const journal = await createJournal(path, statistics, { ...anAbout, ...(compactBytes && { compactBytes }) });
    const workers = ['host_1', 'host_2', 'host_3'];
    const run = new JournaledRun(statistics, journal, workers);
    run.begin();
    await run.second();
    statistics.workerLost('host_1', run.time + 0.5, run.time - 3);
    journal.workerLost('host_1', run.time + 0.5, run.time - 3);
    journal.workerGone('host_1');
    statistics.workerForgotten('host_1');
    journal.workerForgotten('host_1');
    workers.shift();
    run.sequences.delete('host_1');
    for (let second = 0; second < 12; second++) await run.second();
    await journal.close();
    const { statistics: restored } = await restoredFrom(path);
    expect(restored.workers.map(({ id }) => id)).toEqual(workers);
    expect(restored.forgottenLost).toMatchObject({ count: 1, lastLostAt: 1_700_000_001.5 });
    expect(everyNumber(restored)).toEqual(everyNumber(statistics));
  });

  test('that is gone on with has both parts of the run, also when it is resumed again and again', async () => {
    using folder = aFolder();
    const { path, statistics, journal, run } = await aRun(folder.path, 3000);
    for (let second = 0; second < 5; second++) await run.second();
    await journal.close();
    let requests = run.requests;
    for (let master = 0; master < 4; master++) {
      const next = await restoredFrom(path);
      expect(next.statistics.total.numRequests).toBe(requests);
      const kept = await next.resumed.keep(next.statistics, { compactBytes: 3000 });
      const further = new JournaledRun(next.statistics, kept, run.workers);
      for (const { id, sequence } of next.resumed.run.workers) further.sequences.set(id, sequence);
      further.time = run.time + 100 * (master + 1);
      for (let second = 0; second < 3; second++) await further.second();
      await kept.close();
      requests += further.requests;
    }
    const last = await restoredFrom(path);
    expect(last.statistics.total.numRequests).toBe(requests);
    expect(last.resumed.run.workers[0]?.sequence).toBe(5 + 4 * 3);
    expect(statistics.total.numRequests).toBe(run.requests);
  });

  test('stays small however long the run: it begins anew with a snapshot', async () => {
    using folder = aFolder();
    const { path, journal, run } = await aRun(folder.path, 20_000);
    expect(statSync(path).mode & 0o077).toBe(0); // custom options may be secret
    let largest = 0;
    for (let second = 0; second < 300; second++) {
      const safe = run.second(3);
      if (second % 10 === 0) {
        await safe;
        largest = Math.max(largest, readFileSync(path).length);
      }
    }
    await journal.close();
    expect(statSync(path).mode & 0o077).toBe(0);
    expect(largest).toBeLessThan(160_000); // of 300 seconds with 2 kB each, and a history of 200 bytes a second
    expect(existsSync(`${path}.new`)).toBe(false);
    expect((await restoredFrom(path)).statistics.total.numRequests).toBe(run.requests);
  });

  test('keeps the parts of outputs, with what was measured before and after each piece', async () => {
    using folder = aFolder();
    const { path, journal, run } = await aRun(folder.path, 2000);
    const heard = new Map<string, number>();
    const hear = ({ entries }: IntervalStats, into: Map<string, number>) => {
      for (const { name, ok, failed } of entries) {
        into.set(name, (into.get(name) ?? 0) + (ok?.timed ?? 0) + (failed?.timed ?? 0));
      }
    };
    run.statistics.onInterval((interval) => hear(interval, heard));
    journal.part('heard', () => heard);
    for (let second = 0; second < 30; second++) await run.second();
    await journal.close();
    const { resumed } = await restoredFrom(path);
    const restored = new Map<string, number>();
    let pieces = 0;
    resumed.replay('heard', {
      restore: (piece) => {
        const [name, count]: readonly unknown[] = Array.isArray(piece) ? piece : [];
        pieces++;
        restored.set(String(name), Number(count));
      },
      apply: (interval) => hear(interval, restored),
    });
    expect(pieces).toBe(4);
    expect(restored).toEqual(heard);
  });

  test('is gone after a clean end, and a test that was stopped runs no more', async () => {
    using folder = aFolder();
    const { path, journal, run } = await aRun(folder.path);
    await run.second();
    journal.testStopped(1);
    await run.second(0);
    expect((await loadJournal(path)).run.running).toBeUndefined();
    await journal.end();
    expect(existsSync(path)).toBe(false);
  });
});

describe('what is not whole', () => {
  test('a file that breaks off at any byte counts up to its last whole record', async () => {
    using folder = aFolder();
    const { path, journal, run } = await aRun(folder.path);
    const lengths = [readFileSync(path).length];
    const requests = [0];
    for (let second = 0; second < 2; second++) {
      await run.second(1);
      lengths.push(readFileSync(path).length);
      requests.push(run.requests);
    }
    await journal.close();
    const whole = readFileSync(path);
    const end = readFrames(whole, path).payloads.findIndex((payload) => payload.includes('complete'));
    const beginning = readFrames(whole, path)
      .payloads.slice(0, end + 1)
      .reduce((sum, payload) => sum + payload.length + 8, 17);
    for (let length = beginning; length <= whole.length; length++) {
      const isNearBoundary = lengths.some((each) => Math.abs(each - length) < 12);
      if (!isNearBoundary && length % 5 > 0) continue; // each byte costs a journal to read
      writeFileSync(path, whole.subarray(0, length));
      const { statistics, tornBytes } = await restoredFrom(path);
      const last = lengths.findLastIndex((each) => each <= length);
      expect(statistics.total.numRequests).toBe(requests[Math.max(0, last)]);
      expect(tornBytes).toBeLessThan(length);
      if (lengths.includes(length)) expect(tornBytes).toBe(0);
    }
    for (let length = 0; length < beginning; length += 7) {
      writeFileSync(path, whole.subarray(0, length));
      await expect(loadJournal(path)).rejects.toMatchObject({ code: 'JOURNAL' });
    }
  });

  test('a tail of other bytes, as a machine without power leaves them, is cut off and written over', async () => {
    using folder = aFolder();
    const { path, journal, run } = await aRun(folder.path);
    await run.second();
    await journal.close();
    const whole = readFileSync(path);
    for (const tail of [Buffer.alloc(4096), Buffer.from('garbage'.repeat(99)), whole.subarray(40, 700)]) {
      writeFileSync(path, Buffer.concat([whole, tail]));
      const { resumed, statistics, tornBytes } = await restoredFrom(path);
      expect(tornBytes).toBe(tail.length);
      const kept = await resumed.keep(statistics);
      kept.spawned();
      await kept.close();
      expect(readFileSync(path).subarray(0, whole.length).equals(whole)).toBe(true);
      expect((await loadJournal(path)).run.running?.isSpawned).toBe(true);
    }
  });

  test('any bytes behind the head give a record or an error of the journal, in bounded time', async () => {
    using folder = aFolder();
    const path = join(folder.path, 'j');
    const head = Buffer.from('tsload journal 1\n');
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 4 }), async (payloads) => {
        writeFileSync(path, Buffer.concat([head, ...payloads.map(frameOf)]));
        await expect(loadJournal(path)).rejects.toMatchObject({ code: 'JOURNAL' });
      }),
      { numRuns: 200 },
    );
  });

  test('a file that is no journal, one of another version and one that is not there are each refused with a sentence', async () => {
    using folder = aFolder();
    const path = join(folder.path, 'j');
    await expect(loadJournal(path)).rejects.toThrow(
      /j cannot be read \(ENOENT: no such file or directory\): give --resume/,
    );
    writeFileSync(path, 'Type,Name\n');
    await expect(loadJournal(path)).rejects.toThrow(/j is no journal of tsload/);
    writeFileSync(path, 'tsload journal 2\nwhatever');
    await expect(loadJournal(path)).rejects.toThrow(/has version 2 but this tsload reads version 1/);
  });

  test('a run is gone on with by the locustfile that it began with', async () => {
    const about = { ...anAbout, startedAt: 0 };
    expect(() => checkLocustfile({ path: 'j', about }, 'f'.repeat(64))).not.toThrow();
    expect(() => checkLocustfile({ path: 'j', about }, 'a'.repeat(64))).toThrow(/is of a run with another locustfile/);
  });
});

describe('where it cannot be written', () => {
  test('a journal that is there already is not written over, and one sentence says what to do', async () => {
    using folder = aFolder();
    const { path, journal } = await aRun(folder.path);
    await journal.close();
    const before = readFileSync(path);
    const again = createJournal(path, new RunStatistics(), anAbout);
    await expect(again).rejects.toThrow(
      /is the journal of a run that has not ended: go on with it by --resume .*, or delete it/,
    );
    expect(readFileSync(path).equals(before)).toBe(true);
    const other = join(folder.path, 'x.csv');
    writeFileSync(other, 'Type,Name');
    await expect(createJournal(other, new RunStatistics(), anAbout)).rejects.toThrow(
      /exists and is no journal: give another/,
    );
  });

  test('a run without a journal finds one beside its results, and takes no other file for one', async () => {
    using folder = aFolder();
    const { path, journal } = await aRun(folder.path);
    await journal.close();
    await expect(checkNoJournal(path)).rejects.toMatchObject({
      code: 'OUTPUT',
      message: `${path} is the journal of a run that has not ended: go on with it by --resume ${path}, or delete it`,
    });
    const other = join(folder.path, 'x.csv');
    writeFileSync(other, 'Type,Name');
    for (const none of [other, folder.path, join(folder.path, 'none')]) await checkNoJournal(none);
  });

  test('a folder that takes no file is an error before the run', async () => {
    await expect(createJournal('/proc/no/j', new RunStatistics(), anAbout)).rejects.toMatchObject({
      code: 'OUTPUT',
      message: expect.stringMatching(/^the journal \/proc\/no\/j cannot be written \(.*\): give a path/),
    });
  });

  test('a disk that does not keep up is one line in the log, and everything goes on', async () => {
    using folder = aFolder();
    using log = captureLog();
    const { JournalFile } = await import('../../../src/master/journal/journalFile.js');
    const causes: unknown[] = [];
    const options = { maxWaitingBytes: 1000, onFailure: (cause: unknown) => causes.push(cause) };
    const file = await JournalFile.create(join(folder.path, 'j'), Buffer.alloc(1), options);
    await Promise.all(Array.from({ length: 30 }, () => file.append(Buffer.alloc(100))));
    expect(causes).toHaveLength(1);
    await file.append(Buffer.alloc(100)); // resolves: nobody waits for a file that was given up
    expect(log.at('ERROR')).toEqual([]);
  });
});
