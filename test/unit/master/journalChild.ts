/**
 * Run by journalProcess.test.ts as a process of its own: keeps a journal of a run without end, a second as often as the disk
 * takes it, and says after each how many requests are safe by now.
 */
import { writeSync } from 'node:fs';
import { createJournal } from '../../../src/master/index.js';
import { RunStatistics } from '../../../src/stats/index.js';
import { anAbout, JournaledRun } from './journalDriver.js';

const [path = '', seconds = 'Infinity'] = process.argv.slice(2);
const statistics = new RunStatistics({ now: () => 1_700_000_000 });
const journal = await createJournal(path, statistics, { ...anAbout, compactBytes: 20_000 });
const run = new JournaledRun(statistics, journal, ['host_1', 'host_2']);
run.begin();
for (let second = 0; second < Number(seconds); second++) {
  await run.second();
  writeSync(1, `${run.requests}\n`);
}
writeSync(1, `${JSON.stringify({ failed: journal.failed ?? null, requests: statistics.total.numRequests })}\n`);
await journal.close();
