import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endRecord, resumptionOf } from '../../../../src/cli/run/runJournal.js';
import { Environment } from '../../../../src/environment/index.js';
import { loadJournal } from '../../../../src/master/index.js';
import { RunJournal } from '../../../../src/master/journal/runJournal.js';
import { RunStatistics } from '../../../../src/stats/index.js';
import { captureLog } from '../../../capturedLog.js';
import { until } from '../../../until.js';
import { anAbout, JournaledRun } from '../../master/journalDriver.js';
import { aFolder } from '../../reports/aView.js';

/** The journal of a run of three seconds; with `isFull` the disk took no more of it after that. */
async function aJournal(folder: string, isFull: boolean) {
  const statistics = new RunStatistics({ now: () => 1_700_000_000 });
  const journal = await RunJournal.create(join(folder, 'j'), statistics, anAbout);
  const run = new JournaledRun(statistics, journal, ['w1']);
  run.begin();
  for (let second = 0; second < 3; second++) await run.second();
  if (isFull) journal.fail(new Error('ENOSPC: no space left on device, write'));
  return { record: { journal, resumed: undefined }, path: journal.path, requests: run.requests };
}

describe('a run that is gone on with', () => {
  test.each([
    ['was over when its master was lost', true],
    ['ends before it goes on, as its workers are given up', false],
  ])('and %s has its results written, with a sentence if nobody has said it', async (_, wasOver) => {
    using folder = aFolder();
    using log = captureLog();
    const { record, path } = await aJournal(folder.path, false);
    if (wasOver) await record.journal.testStopped(1);
    await record.journal.close();
    const resumed = await loadJournal(path);
    expect(resumed.run.running === undefined).toBe(wasOver);
    const environment = new Environment({ userClasses: [] });
    const runner = await environment.createMasterRunner({
      bindHost: '127.0.0.1',
      bindPort: 0,
      token: 'secret',
      restored: { ...resumed.run, workers: resumed.run.workers.map((worker) => ({ ...worker, graceSeconds: 0 })) },
      patience: { tickSeconds: 0.01, silenceSeconds: 0.01, extraGraceSeconds: 0 },
    });
    await until(() => ['ready', 'stopped'].includes(runner.state));
    expect(resumptionOf({ journal: undefined, resumed }, runner)).toMatchObject({ isOver: true });
    expect(log.at('INFO').filter((line) => line.startsWith('The test of that run was over'))).toHaveLength(
      wasOver ? 1 : 0,
    );
    await runner.quit();
  });
});

describe('the journal of a run that has ended', () => {
  test.each([false, true])('is deleted when all results are written (its disk was full: %s)', async (isFull) => {
    using folder = aFolder();
    using _ = captureLog();
    const { record, path } = await aJournal(folder.path, isFull);
    await endRecord(record, true);
    expect(existsSync(path)).toBe(false);
  });

  test.each([
    [false, /^The journal \S+ is kept: --resume \S+ writes the results once more$/],
    [
      true,
      /^The journal \S+ is kept, though it lacks the end: .*ENOSPC.*--resume could go on only from \d\d:\d\d:\d\d$/,
    ],
  ])(
    'is kept when a result could not be written, as what is left of them (its disk was full: %s)',
    async (isFull, said) => {
      using folder = aFolder();
      using log = captureLog();
      const { record, path, requests } = await aJournal(folder.path, isFull);
      await endRecord(record, false);
      expect(log.at('WARNING')).toEqual([expect.stringMatching(said)]);
      const statistics = new RunStatistics();
      (await loadJournal(path)).restore(statistics);
      expect(statistics.total.numRequests).toBe(requests);
    },
  );
});
