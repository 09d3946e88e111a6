/**
 * A worker: joins its master, runs users as it says, and ends with it.
 */
import { bracketed } from '../../address.js';
import type { WorkerRunner, WorkerRunnerOptions } from '../../environment/index.js';
import { ConnectionError, OptionError } from '../../errors.js';
import { fetchLocustfile, type MasterAddress } from '../../link/index.js';
import { type LoadedLocustfile, loadLocustfiles, loadPackage, type TsloadModule } from '../../locustfile/index.js';
import { getLogger } from '../../log.js';
import type { Handover } from '../../spawn/index.js';
import { readVersion } from '../../version.js';
import { masterAddress } from '../cluster/masterAddress.js';
import { isQuestion, withoutEffectOnWorker } from '../cluster/role.js';
import { CodedError, Exit, exitCodes } from '../exit.js';
import type { CustomSpec } from '../options/customArguments.js';
import { type EarlySettings, parseSettings, type Sources } from '../options/settings.js';
import { answerOf, makeEnvironment } from './environmentOf.js';
import { initialise } from './initialise.js';
import { formatRecord, shortHostname } from './logging.js';
import { hintAtProcesses } from './processesHint.js';
import type { Around } from './session.js';
import { codeOfSignal, type Signals } from './signals.js';
import { unlessStuck } from './unlessStuck.js';
import { WorkerRun } from './workerRun.js';

const log = getLogger('tsload.main');

export interface WorkerSetting {
  readonly early: EarlySettings;
  readonly sources: Sources;
  /** What whoever started this worker handed over. */
  readonly handed: Handover | undefined;
  readonly tsload: () => Promise<TsloadModule>;
  /** The options that the locustfile adds; to be asked when it is loaded. */
  readonly custom: () => readonly CustomSpec[];
}

type FindMaster = () => Promise<MasterAddress>;

/** Returns the exit code. Throws `CodedError` when there is no master, or it refuses this worker. */
export async function runWorker(setting: WorkerSetting, around: Around): Promise<number> {
  try {
    return await joinAndRun(setting, around);
  } catch (thrown) {
    if (thrown instanceof ConnectionError) throw new CodedError(exitCodes.noMaster, thrown.message);
    throw thrown;
  }
}

async function joinAndRun(setting: WorkerSetting, around: Around): Promise<number> {
  const { early, sources, handed } = setting;
  if (!early.supervised) endAtSignal(around.signals);
  // lines of a worker that was started by tsload go through the stream of whoever started it
  around.logging.setUp(early.supervised ? { ...early, logfile: undefined } : early);
  if (!early.supervised)
    log.info(`Starting tsload ${readVersion()}, a worker of ${bracketed(early.masterHost)}:${early.masterPort}`);
  let address: Promise<MasterAddress> | undefined;
  const findMaster = () => (address ??= masterAddress(early, sources, handed?.secrets ?? {})); // once: it may wait, and warn
  const locustfile = await unlessStuck(locustfileOf(setting, findMaster));
  await using _ = locustfile;
  const parsed = await parseSettings(sources, setting.custom());
  if (!early.supervised && isQuestion(early)) {
    process.stdout.write(answerOf(locustfile, parsed, 'worker'));
    return exitCodes.ok;
  }
  if (!early.supervised) remark(withoutEffectOnWorker(parsed.settings));
  const environment = makeEnvironment(locustfile, parsed, 'worker');
  const connection = await connectionOf(early, findMaster); // it may wait for a master: a signal ends that at once
  const leaving = leavingAt(around.signals);
  const runner = await environment.createWorkerRunner({
    signal: leaving,
    ...connection,
    isHeld: true,
    ...(handed === undefined ? {} : { identity: handed.identity }),
    graceSeconds: early.masterGrace,
    ...(takesMasters(early) ? {} : { locustfileSha256: locustfile.bundle.sha256 }),
    formatLog: (record) => formatRecord(record, shortHostname()),
  });
  if (!early.supervised) log.info(`Joined the master, as worker ${runner.clientId}`);
  around.strayErrors.countWith((thrown) => environment.runtime.userException(thrown, environment));
  if (!early.supervised) hintAtProcesses(environment.events);
  leaving.addEventListener('abort', () => void quitAndExit(runner, leaving.reason));
  await initialise(environment, runner).catch(async (thrown: unknown) => {
    await runner.quit(); // or the master would wait for it to come back
    throw thrown;
  });
  runner.release();
  return await new WorkerRun(environment, runner, early.supervised).run(around.signals);
}

/** Until the master is dialled: nobody has to be told. */
function endAtSignal(signals: Signals): void {
  atFirstSignal(signals, 'this worker ends before a master has let it in', (code) => process.exit(code));
}

/** From the dial on, until the run hears of signals itself: a master that is not told would wait for this worker to come back. */
function leavingAt(signals: Signals): AbortSignal {
  const leaving = new AbortController();
  atFirstSignal(signals, 'this worker leaves (once more: at once)', (code) => leaving.abort(new Exit(code)));
  return leaving.signal;
}

async function quitAndExit(runner: WorkerRunner, { exitCode }: Exit): Promise<void> {
  await runner.quit().catch(() => {}); // the process ends in any case
  process.exit(exitCode);
}

function atFirstSignal(signals: Signals, words: string, leave: (code: number) => void): void {
  signals.giveTo({
    stop: (signal) => {
      log.info(`Got ${signal}: ${words}`);
      leave(codeOfSignal(signal));
    },
    hurry: (signal) => process.exit(codeOfSignal(signal)),
  });
}

function remark(line: string | undefined): void {
  if (line !== undefined) log.info(line);
}

function takesMasters({ locustfile }: EarlySettings): boolean {
  return locustfile.length === 0 || locustfile.includes('-');
}

/** Its own with `-f`; else that of the master. */
async function locustfileOf({ early, tsload }: WorkerSetting, findMaster: FindMaster): Promise<LoadedLocustfile> {
  if (!takesMasters(early)) return loadLocustfiles(early.locustfile, { tsload: tsload() });
  if (early.protocol === 'locust') {
    throw new OptionError(
      'a worker of a Locust master needs a locustfile of its own, as that of the master is Python: give -f FILE',
    );
  }
  const bytes = await fetchLocustfile({ ...(await findMaster()), connectSeconds: early.connectWithin });
  return loadPackage(bytes, { tsload: tsload(), workingDirectory: 'follow' });
}

async function connectionOf(early: EarlySettings, findMaster: FindMaster): Promise<WorkerRunnerOptions> {
  const { masterHost, masterPort, protocol } = early;
  if (protocol === 'locust') return { masterHost, masterPort, protocol };
  const { host, port, ...trust } = await findMaster();
  return { masterHost: host, masterPort: port, connectSeconds: early.connectWithin, ...trust };
}
