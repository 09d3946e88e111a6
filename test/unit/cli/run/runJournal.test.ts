import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { endRecord } from '../../../../src/cli/run/runJournal.js';
import { loadJournal } from '../../../../src/master/index.js';
import { RunJournal } from '../../../../src/master/journal/runJournal.js';
import { RunStatistics } from '../../../../src/stats/index.js';
import { captureLog } from '../../../capturedLog.js';
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
