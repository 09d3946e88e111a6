/**
 * The environment that options and a locustfile make, and what can be said of the two before a run.
 */
import { Environment } from '../../environment/index.js';
import { LocustfileError } from '../../errors.js';
import { events } from '../../events/index.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import { describeThrown, getLogger } from '../../log.js';
import { expectedUserCounts, formatTaskRatios, taskRatios, taskRatiosJson, type UserClass } from '../../users/index.js';
import type { Settings } from '../options/optionTable.js';
import type { Parsed } from '../options/settings.js';
import { chooseClasses, fixedCountNote, shapeWarnings, takenForTagsWarning } from './checks.js';
import { applyUserConfigs, readUserConfigs } from './configUsers.js';
import { usersWarning } from './fileLimit.js';

const log = getLogger('tsload.main');

/** For `--list`. */
function listOf(locustfile: LoadedLocustfile): string {
  return ['Available Users:', ...[...locustfile.userClasses.keys()].map((name) => `    ${name}`), ''].join('\n');
}

/** What this process has of a test: all of it, its conduct, or users. */
export type Part = 'alone' | 'master' | 'worker';

/** Throws for classes that cannot be chosen or set up as the options say. */
export function makeEnvironment(locustfile: LoadedLocustfile, parsed: Parsed, part: Part): Environment {
  const { settings } = parsed;
  const userClasses = chooseClasses(locustfile, parsed.userClasses);
  const shape = part === 'worker' ? undefined : makeShape(locustfile);
  const environment = new Environment({
    userClasses: userClasses.values(),
    events,
    host: settings.host,
    tags: settings.tags,
    excludeTags: settings.excludeTags,
    stopTimeout: settings.stopTimeout,
    resetStats: settings.resetStats,
    parsedOptions: parsed.parsedOptions,
    customOptions: parsed.custom,
    profile: settings.profile,
    warmup: settings.warmup,
    iterations: settings.iterations,
    runTime: shape === undefined ? settings.runTime || undefined : undefined,
    seed: settings.seed,
    maxNames: settings.maxNames,
    quitAtEnd: true,
    ...(settings.percentilesToChart.length === 0 ? {} : { chartPercentiles: settings.percentilesToChart }),
    ...(shape === undefined ? {} : { shape }),
  });
  applyUserConfigs(environment, readUserConfigs(settings.configUsers));
  if (settings.equalWeights) environment.assignEqualWeights();
  if (part !== 'worker') remark(settings, userClasses.values(), shape);
  if (part === 'alone') warnOfFileLimit(settings.numUsers ?? 1);
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

/** What `--list`, `--show-task-ratio` and `--show-task-ratio-json` ask for. Throws for classes that cannot be set up. */
export function answerOf(locustfile: LoadedLocustfile, parsed: Parsed, part: Part): string {
  return parsed.settings.list
    ? listOf(locustfile)
    : taskRatioText(makeEnvironment(locustfile, parsed, part), parsed.settings);
}

function taskRatioText(environment: Environment, settings: Settings): string {
  const { userClasses } = environment;
  const report = taskRatios(environment, userClasses, expectedUserCounts(userClasses, settings.numUsers));
  return settings.showTaskRatioJson ? `${taskRatiosJson(report)}\n` : `${formatTaskRatios(report).join('\n')}\n`;
}

/** What is worth a line before the run. */
function remark(settings: Settings, userClasses: Iterable<UserClass>, shape: object | undefined): void {
  if (shape === undefined) {
    const note = fixedCountNote(userClasses, settings.numUsers ?? 1);
    if (note !== undefined) log.info(note);
  } else {
    const usesCommonOptions = 'useCommonOptions' in shape.constructor && shape.constructor.useCommonOptions === true;
    for (const warning of shapeWarnings(settings, usesCommonOptions)) log.warning(warning);
  }
  const taken = takenForTagsWarning(settings, userClasses);
  if (taken !== undefined) log.warning(taken);
}

function warnOfFileLimit(users: number): void {
  const limit = usersWarning(users);
  if (limit !== undefined) log.warning(limit);
}
