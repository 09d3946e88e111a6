/**
 * Rules between options, and between options and the locustfile. Pure, but for what they say in the log.
 */
import { LocustfileError, OptionError } from '../../errors.js';
import type { LoadedLocustfile } from '../../locustfile/index.js';
import type { UserClass } from '../../users/index.js';
import { CodedError, exitCodes } from '../exit.js';
import { closest } from '../options/closest.js';
import type { Settings } from '../options/optionTable.js';

const maxCharted = 6;

/** Throws for options that do not go together. */
export function checkSettings(settings: Settings): void {
  if (settings.statsHistoryEnabled && settings.csvPrefix === undefined) {
    throw new OptionError('--csv-full-history needs --csv: give --csv PREFIX for the files that it fills');
  }
  const charted = settings.percentilesToChart;
  if (charted.length > maxCharted) {
    throw new CodedError(
      exitCodes.failed,
      `--percentiles-to-chart takes at most ${maxCharted} values but has ${charted.length}`,
    );
  }
  const outside = charted.find((value) => value <= 0 || value >= 1);
  if (outside !== undefined) {
    throw new CodedError(
      exitCodes.failed,
      `--percentiles-to-chart must be between 0 and 1 but has ${outside}: give for example 0.95`,
    );
  }
}

/** The classes to run: those named, or all. Throws for none and for unknown names. */
export function chooseClasses(locustfile: LoadedLocustfile, names: readonly string[]): ReadonlyMap<string, UserClass> {
  const { userClasses, files } = locustfile;
  if (userClasses.size === 0) {
    throw new LocustfileError(
      `no user class in ${files.join(', ')}: export a class that extends HttpUser, GrpcUser or User`,
    );
  }
  if (names.length === 0) return userClasses;
  const unknown = names.filter((name) => !userClasses.has(name));
  if (unknown.length > 0) throw unknownClasses(unknown, [...userClasses.keys()]);
  return new Map([...userClasses].filter(([name]) => names.includes(name)));
}

function unknownClasses(unknown: readonly string[], known: readonly string[]): LocustfileError {
  const nearest = unknown.length === 1 ? closest(unknown[0] ?? '', known) : undefined;
  const hint = nearest === undefined ? `there are ${known.join(', ')}` : `did you mean ${nearest}?`;
  const what = unknown.length === 1 ? 'user class' : 'user classes';
  return new LocustfileError(`unknown ${what} ${unknown.join(', ')}: ${hint}`);
}

/** The line about more users of fixed count than users at all; undefined when there is nothing to say. */
export function fixedCountNote(classes: Iterable<UserClass>, users: number): string | undefined {
  const fixed = [...classes].reduce((sum, { fixedCount }) => sum + fixedCount, 0);
  if (fixed <= users) return undefined;
  return `the fixed counts of the user classes add up to ${fixed}, more than the ${users} users of --users`;
}

/** The line about class names that an option with many values has taken for tags; undefined when there are none. */
export function takenForTagsWarning(settings: Settings, classes: Iterable<UserClass>): string | undefined {
  const tags = [...settings.tags, ...settings.excludeTags];
  const [name] = [...classes].map((userClass) => userClass.name).filter((className) => tags.includes(className));
  if (name === undefined) return undefined;
  return `${name} is taken for a tag: to run that class only, name it before --tags and --exclude-tags, or after --`;
}

/** The warnings about options that a shape does not look at. */
export function shapeWarnings(settings: Settings, usesCommonOptions: boolean): readonly string[] {
  const given = [
    settings.numUsers === undefined ? '' : '--users',
    settings.spawnRate === undefined ? '' : '--spawn-rate',
    settings.runTime === undefined ? '' : '--run-time',
  ].filter((name) => name !== '');
  if (usesCommonOptions || given.length === 0) return [];
  return [
    'a load shape decides about users, spawn rate and run time: set useCommonOptions = true on it to use these options in it',
    `the following options have no effect: ${given.join(', ')}`,
  ];
}
