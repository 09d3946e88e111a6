/**
 * A run whose locustfile is loaded. The order of the steps is Locust's (contract §1.1), so the first of several mistakes that
 * is reported is the same.
 */
import { availableParallelism } from 'node:os';
import type { Environment } from '../../environment/index.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import { getLogger } from '../../log.js';
import { readVersion } from '../../version.js';
import { isQuestion, roleOf, withoutEffectAlone, withoutEffectButOnWorker } from '../cluster/role.js';
import { exitCodes } from '../exit.js';
import type { CustomSpec } from '../options/customArguments.js';
import type { Settings } from '../options/optionTable.js';
import { parseSettings, type Sources } from '../options/settings.js';
import { checkSettings } from './checks.js';
import { answerOf, makeEnvironment } from './environmentOf.js';
import { checkHosts, initialise } from './initialise.js';
import type { Logging } from './logging.js';
import { Outputs } from './outputs.js';
import { hintAtProcesses } from './processesHint.js';
import { checkResults } from './runJournal.js';
import type { Signals } from './signals.js';
import type { StrayErrors } from './strayErrors.js';
import { TestRun } from './testRun.js';

const log = getLogger('tsload.main');

/** What a run has around it in the process. */
export interface Around {
  readonly logging: Logging;
  readonly signals: Signals;
  readonly strayErrors: StrayErrors;
}

/** Returns the exit code. */
export async function runSession(
  locustfile: LoadedLocustfile,
  sources: Sources,
  custom: readonly CustomSpec[],
  around: Around,
): Promise<number> {
  const parsed = await parseSettings(sources, custom);
  const { settings } = parsed;
  checkSettings(settings);
  const role = roleOf(settings, availableParallelism());
  around.logging.setUp(settings);
  log.info(`Starting tsload ${readVersion()}`);
  const part = role.kind === 'master' ? 'master' : 'alone';
  if (isQuestion(settings)) return print(answerOf(locustfile, parsed, part));
  const environment = makeEnvironment(locustfile, parsed, part);
  if (role.kind !== 'master') return runAlone(environment, settings, around);
  const { runMaster } = await import('./masterSession.js');
  const checked = (): void => remark(settings);
  return runMaster({ environment, settings, role, locustfile, sources, custom, checked }, around);
}

/** When nothing of the command line is to be refused any more. */
function remark(settings: Settings): void {
  if (!settings.headless) {
    log.info('There is no web page in this version: the test starts at once, as with --headless');
  }
  const idle = withoutEffectButOnWorker(settings);
  if (idle !== undefined) log.warning(idle);
}

async function runAlone(environment: Environment, settings: Settings, around: Around): Promise<number> {
  remark(settings);
  const idle = withoutEffectAlone(settings);
  if (idle !== undefined) log.warning(idle);
  await checkResults(settings);
  const runner = environment.createLocalRunner();
  around.strayErrors.countWith((thrown) => environment.runtime.userException(thrown, environment));
  if (settings.processes === undefined) hintAtProcesses(environment.events);
  const outputs = await Outputs.open(settings, environment, runner);
  await initialise(environment, runner);
  checkHosts(environment);
  return new TestRun(environment, runner, settings, outputs).run(around.signals);
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}
