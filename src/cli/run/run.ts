/**
 * A run, from the command line to the exit code. The order of the steps is Locust's (contract §1.1), so the first of several
 * mistakes that is reported is the same.
 */
import { homedir } from 'node:os';
import { Environment, type LocalRunner } from '../../environment/index.js';
import { LocustfileError } from '../../errors.js';
import { events } from '../../events/index.js';
import { type LoadedLocustfile, loadLocustfiles } from '../../locustfile/index.js';
import { describeThrown, getLogger } from '../../log.js';
import { expectedUserCounts, formatTaskRatios, taskRatios, taskRatiosJson, type UserClass } from '../../users/index.js';
import { Exit, exitCodes } from '../exit.js';
import { CustomArguments, type CustomSpec } from '../options/customArguments.js';
import { optionList, type Settings } from '../options/optionTable.js';
import { type Parsed, parseSettings, preparse, type Sources } from '../options/settings.js';
import { readVersion, versionLine } from '../version.js';
import { checkSettings, chooseClasses, fixedCountNote, shapeWarnings } from './checks.js';
import { applyUserConfigs, readUserConfigs } from './configUsers.js';
import { fileLimitWarning } from './fileLimit.js';
import { Logging } from './logging.js';
import { Outputs } from './outputs.js';
import { Signals } from './signals.js';
import { StrayErrors } from './strayErrors.js';
import { TestRun } from './testRun.js';

const log = getLogger('tsload.main');

/** What a run needs of the process. */
interface Process {
  readonly logging: Logging;
  readonly signals: Signals;
  readonly strayErrors: StrayErrors;
}

/** Runs what the words say. Returns the exit code; throws for everything that stops a run before it began. */
export async function run(words: readonly string[]): Promise<number> {
  const sources: Sources = { words, variables: process.env, cwd: process.cwd(), home: homedir() };
  const around: Process = { logging: new Logging(), signals: new Signals(), strayErrors: new StrayErrors() };
  try {
    return await runWith(sources, around);
  } catch (thrown) {
    around.logging.flush();
    throw thrown;
  }
}

async function runWith(sources: Sources, around: Process): Promise<number> {
  const early = await preparse(sources);
  if (early.wantsVersion) return print(`${versionLine()}\n`);
  const tsload = await import('../../index.js');
  if (early.wantsHelp) return showHelp(early.locustfiles, tsload);
  await using locustfile = await loadLocustfiles(early.locustfiles, { tsload });
  const parsed = await parseSettings(sources, customArguments());
  checkSettings(parsed.settings);
  around.logging.setUp(parsed.settings);
  log.info(`Starting tsload ${readVersion()}`);
  if (parsed.settings.list) return print(listOf(locustfile));
  const environment = makeEnvironment(locustfile, parsed);
  if (parsed.settings.showTaskRatio || parsed.settings.showTaskRatioJson) {
    return print(taskRatioText(environment, parsed.settings));
  }
  return runTest(environment, parsed.settings, around);
}

/** The options that the locustfile adds. */
function customArguments(): readonly CustomSpec[] {
  const custom = new CustomArguments(optionList.map(([, spec]) => spec));
  events.initCommandLineParser.fire({ parser: custom });
  return custom.specs;
}

/** Custom options are shown as well, when a locustfile is there and loads. */
async function showHelp(locustfiles: readonly string[], tsload: Readonly<Record<string, unknown>>): Promise<number> {
  const custom = await loadLocustfiles(locustfiles, { tsload }).then(
    async (locustfile) => {
      await locustfile[Symbol.asyncDispose]();
      return customArguments();
    },
    (): readonly CustomSpec[] => [],
  );
  const { helpText } = await import('../options/help.js');
  const specs = [...optionList.map(([, spec]) => spec), ...custom];
  return print(`${await helpText(specs, process.stdout.columns ?? 100)}\n`);
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
  const limit = fileLimitWarning(users);
  if (limit !== undefined) log.warning(limit);
}

async function runTest(environment: Environment, settings: Settings, around: Process): Promise<number> {
  const runner = environment.createLocalRunner();
  around.strayErrors.countWith((thrown) => environment.runtime.userException(thrown, environment));
  const outputs = await Outputs.open(settings, environment, runner);
  await initialise(environment, runner);
  if (!settings.headless) {
    log.info('There is no web page in this version: the test starts at once, as with --headless');
  }
  return new TestRun(environment, runner, settings, outputs).run(around.signals);
}

async function initialise(environment: Environment, runner: LocalRunner): Promise<void> {
  const isWell = await environment.events.init.fireAndWait({ environment, runner, webUi: undefined });
  if (isWell) return;
  log.error('A listener of init failed: the test is not started');
  throw new Exit(exitCodes.failed);
}

function print(text: string): number {
  process.stdout.write(text);
  return exitCodes.ok;
}
