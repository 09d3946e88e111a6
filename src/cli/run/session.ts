/**
 * A run whose locustfile is loaded. The order of the steps is Locust's (contract §1.1), so the first of several mistakes that
 * is reported is the same.
 */
import { availableParallelism } from 'node:os';
import { Environment, type LocalRunner } from '../../environment/index.js';
import { LocustfileError, OptionError } from '../../errors.js';
import { events, isControl } from '../../events/index.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import { describeThrown, getLogger } from '../../log.js';
import {
  expectedUserCounts,
  formatTaskRatios,
  hostProblem,
  taskRatios,
  taskRatiosJson,
  type UserClass,
} from '../../users/index.js';
import { roleOf } from '../cluster/role.js';
import { Exit, exitCodes } from '../exit.js';
import type { CustomSpec } from '../options/customArguments.js';
import type { Settings } from '../options/optionTable.js';
import { type Parsed, parseSettings, type Sources } from '../options/settings.js';
import { readVersion } from '../version.js';
import { checkSettings, chooseClasses, fixedCountNote, shapeWarnings, takenForTagsWarning } from './checks.js';
import { applyUserConfigs, readUserConfigs } from './configUsers.js';
import { fileLimitWarning } from './fileLimit.js';
import type { Logging } from './logging.js';
import { Outputs } from './outputs.js';
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
  if (roleOf(settings, availableParallelism()).kind !== 'alone') {
    throw new OptionError('--master, --worker, --processes and --spawn are being built: leave them out');
  }
  around.logging.setUp(settings);
  log.info(`Starting tsload ${readVersion()}`);
  if (settings.list) return print(listOf(locustfile));
  const environment = makeEnvironment(locustfile, parsed);
  if (settings.showTaskRatio || settings.showTaskRatioJson) return print(taskRatioText(environment, settings));
  return runTest(environment, settings, around);
}

function listOf(locustfile: LoadedLocustfile): string {
  return ['Available Users:', ...[...locustfile.userClasses.keys()].map((name) => `    ${name}`), ''].join('\n');
}

function makeEnvironment(locustfile: LoadedLocustfile, parsed: Parsed): Environment {
  const { settings } = parsed;
  const userClasses = chooseClasses(locustfile, parsed.userClasses);
  const shape = makeShape(locustfile);
  const environment = new Environment({
    userClasses: userClasses.values(),
    events,
    host: settings.host,
    tags: settings.tags,
    excludeTags: settings.excludeTags,
    stopTimeout: settings.stopTimeout,
    resetStats: settings.resetStats,
    parsedOptions: parsed.parsedOptions,
    profile: settings.profile,
    warmup: settings.warmup,
    iterations: settings.iterations,
    seed: settings.seed,
    maxNames: settings.maxNames,
    quitAtEnd: true,
    ...(settings.percentilesToChart.length === 0 ? {} : { chartPercentiles: settings.percentilesToChart }),
    ...(shape === undefined ? {} : { shape }),
  });
  applyUserConfigs(environment, readUserConfigs(settings.configUsers));
  if (settings.equalWeights) environment.assignEqualWeights();
  remark(settings, userClasses.values(), shape);
  return environment;
}

function makeShape(locustfile: LoadedLocustfile) {
  const [first, ...others] = locustfile.shapeClasses;
  if (first === undefined) return undefined;
  const [name, ShapeClass] = first;
  if (others.length > 0) log.info(`Using the load shape ${name}, the first of ${others.length + 1}`);
  if (typeof Reflect.get(ShapeClass.prototype, 'tick') !== 'function') {
    throw new LocustfileError(
      `load shape ${name} has no method tick: it must return [users, spawnRate], or null to end the test`,
    );
  }
  try {
    return new ShapeClass();
  } catch (thrown) {
    throw new LocustfileError(`load shape ${name} threw while it was made: ${describeThrown(thrown)}`, {
      cause: thrown,
    });
  }
}

function taskRatioText(environment: Environment, settings: Settings): string {
  const { userClasses } = environment;
  const report = taskRatios(environment, userClasses, expectedUserCounts(userClasses, settings.numUsers));
  return settings.showTaskRatioJson ? `${taskRatiosJson(report)}\n` : `${formatTaskRatios(report).join('\n')}\n`;
}

/** What is worth a line before the run. */
function remark(settings: Settings, userClasses: Iterable<UserClass>, shape: object | undefined): void {
  const users = settings.numUsers ?? 1;
  if (shape === undefined) {
    const note = fixedCountNote(userClasses, users);
    if (note !== undefined) log.info(note);
  } else {
    const usesCommonOptions = 'useCommonOptions' in shape.constructor && shape.constructor.useCommonOptions === true;
    for (const warning of shapeWarnings(settings, usesCommonOptions)) log.warning(warning);
  }
  const taken = takenForTagsWarning(settings, userClasses);
  if (taken !== undefined) log.warning(taken);
  const limit = fileLimitWarning(users);
  if (limit !== undefined) log.warning(limit);
}

async function runTest(environment: Environment, settings: Settings, around: Around): Promise<number> {
  const runner = environment.createLocalRunner();
  around.strayErrors.countWith((thrown) => environment.runtime.userException(thrown, environment));
  const outputs = await Outputs.open(settings, environment, runner);
  await initialise(environment, runner);
  checkHosts(environment);
  if (!settings.headless) {
    log.info('There is no web page in this version: the test starts at once, as with --headless');
  }
  return new TestRun(environment, runner, settings, outputs).run(around.signals);
}

async function initialise(environment: Environment, runner: LocalRunner): Promise<void> {
  process.once('beforeExit', endStuckInit);
  const isWell = await environment.events.init.fireAndWait({ environment, runner, webUi: undefined }).catch(refused);
  process.off('beforeExit', endStuckInit);
  if (isWell) return;
  log.error('A listener of init failed: the test is not started');
  throw new Exit(exitCodes.failed);
}

/** A control exception: before a test there is nothing to steer. */
function refused(thrown: unknown): false {
  if (!isControl(thrown)) throw thrown;
  log.error(`A listener of init threw ${thrown.name}${thrown.message === '' ? '' : `: ${thrown.message}`}`);
  return false;
}

/** The event loop is empty, and nobody could say why the process ends. */
function endStuckInit(): void {
  log.error('A listener of init awaits something that never comes: the test is not started');
  process.exit(exitCodes.failed);
}

/** After `init`, whose listeners may set hosts. That there is none, the users themselves say. */
function checkHosts({ userClasses, host }: Environment): void {
  for (const userClass of userClasses) {
    const problem = hostProblem(userClass, host || userClass.host);
    if (problem !== undefined) throw new OptionError(problem);
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}
