/**
 * The journal of a master's run: begun anew, or taken over from a master that was lost.
 */
import { realpathSync, rmSync } from 'node:fs';
import { epochSeconds } from '../../clock.js';
import type { Environment, MasterRunner } from '../../environment/index.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import { getLogger } from '../../log.js';
import {
  checkLocustfile,
  checkNoJournal,
  createJournal,
  type KeptJournal,
  loadJournal,
  type ResumedRun,
} from '../../master/index.js';
import { RunStatistics } from '../../stats/index.js';
import { readVersion } from '../../version.js';
import type { Settings } from '../options/optionTable.js';
import type { Resumption } from './testRun.js';

const log = getLogger('tsload.main');

export interface RunRecord {
  /** Undefined: this run keeps none. */
  readonly journal: KeptJournal | undefined;
  /** Set when this master goes on with the run of another. */
  readonly resumed: ResumedRun | undefined;
}

/** To be called before the environment has a runner. Throws `TsloadError` for a journal that cannot be read or written. */
export async function openRecord(
  settings: Settings,
  environment: Environment,
  locustfile: LoadedLocustfile,
): Promise<RunRecord> {
  const { stats } = environment;
  if (!(stats instanceof RunStatistics)) return { journal: undefined, resumed: undefined };
  await checkResults(settings);
  if (settings.resume !== undefined) {
    const resumed = await loadJournal(settings.resume);
    checkLocustfile(resumed, locustfile.bundle.sha256);
    resumed.restore(stats);
    log.info(
      `Going on with the run of ${resumed.path}, whose master was lost ${describeAge(epochSeconds() - resumed.lastTime)} ago`,
    );
    return { journal: await resumed.keep(stats), resumed };
  }
  const path = journalPath(settings);
  if (path === undefined) return { journal: undefined, resumed: undefined };
  const options = { version: readVersion(), locustfile: locustfile.bundle.sha256 };
  return { journal: await createJournal(path, stats, options), resumed: undefined };
}

/** Where workers can outlive their master. */
function journalPath({ journal, csvPrefix, master }: Settings): string | undefined {
  if (journal !== undefined || !master || csvPrefix === undefined) return journal;
  return besideCsv(csvPrefix);
}

function besideCsv(csvPrefix: string): string {
  return `${csvPrefix}_journal.tsload`;
}

/**
 * CSV files that another run will go on with are not written over, whoever would do it. Throws `TsloadError` OUTPUT when their journal
 * is there.
 */
export async function checkResults({ csvPrefix, resume }: Settings): Promise<void> {
  if (csvPrefix === undefined) return;
  const path = besideCsv(csvPrefix);
  if (resume === undefined || placeOf(resume) !== placeOf(path)) await checkNoJournal(path);
}

/** However its path is written; the path itself where nothing is. */
function placeOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

function describeAge(seconds: number): string {
  return seconds < 120 ? `${Math.round(seconds)} seconds` : `${Math.round(seconds / 60)} minutes`;
}

/** How the test of a resumed run goes on; undefined: there is none, and one begins. */
export function resumptionOf({ resumed }: RunRecord, runner: MasterRunner): Resumption | undefined {
  if (resumed === undefined) return undefined;
  if (runner.resume()) return { startTime: runner.testStartTime ?? resumed.about.startedAt, isOver: false };
  const isOver = resumed.run.test > 0;
  const wasOver = isOver && resumed.run.running === undefined; // else it ended here, before this call, which was said then
  if (wasOver) log.info('The test of that run was over when its master was lost: its results are written now');
  return isOver ? { startTime: resumed.about.startedAt, isOver } : undefined;
}

/**
 * Until its test begins there is nothing to go on with, so a process that ends before leaves no journal, which would stand in the way
 * of the next. Returns what says that it begins.
 */
export function forgetUntilBegun({ journal, resumed }: RunRecord): () => void {
  if (journal === undefined || resumed !== undefined) return () => {};
  const forget = (): void => {
    try {
      rmSync(journal.path, { force: true });
    } catch {
      // the next run says that it is there
    }
  };
  process.once('exit', forget);
  return () => process.off('exit', forget);
}

/** The run has ended. Where results could not be written, its journal is what is left of them. */
export async function endRecord({ journal }: RunRecord, isWritten: boolean): Promise<void> {
  if (isWritten || journal === undefined) {
    await journal?.end();
    return;
  }
  await journal.close();
  const { path, failed } = journal;
  if (failed === undefined) log.warning(`The journal ${path} is kept: --resume ${path} writes the results once more`);
  else log.warning(`The journal ${path} is kept, though it lacks the end: ${failed}`);
}

/** The run has not begun, or not gone on, because something is wrong: a run that may be gone on with keeps its journal. */
export async function leaveRecord({ journal, resumed }: RunRecord): Promise<void> {
  if (resumed === undefined) await journal?.end();
  else await journal?.close();
}
