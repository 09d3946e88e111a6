/**
 * All sources of options together, highest rank first: command line, environment, --config, package.json#tsload,
 * ./tsload.conf, ~/.tsload.conf, defaults. Each option is read from the highest source that gives it.
 */
import { OptionError } from '../../errors.js';
import type { ParsedOptions } from '../../events/index.js';
import {
  type AnySpec,
  type GivenTexts,
  optionsNamed,
  parseArguments,
  unknownOption,
  type WhichWords,
} from './arguments.js';
import { clusterOptions } from './clusterOptions.js';
import type { ConfigEntry } from './confFile.js';
import { readConfigFiles } from './configFiles.js';
import type { CustomSpec } from './customArguments.js';
import type { OptionSpec } from './optionSpec.js';
import { optionList, optionTable, type Settings } from './optionTable.js';
import { fromVariables, userClassesFrom, type Variables } from './variables.js';

/** Where options come from. */
export interface Sources {
  /** The words after the program's name. */
  readonly words: readonly string[];
  readonly variables: Variables;
  readonly cwd: string;
  readonly home: string;
}

export interface Parsed {
  readonly settings: Settings;
  /** The custom options alone, by key. */
  readonly custom: ParsedOptions;
  /** All of them, for the environment. */
  readonly parsedOptions: ParsedOptions;
  /** User classes that were named; empty: all. */
  readonly userClasses: readonly string[];
}

const builtIn: readonly AnySpec[] = optionList.map(([, spec]) => spec);
/** Whoever starts a worker says so to that process, in its words: in a file it would be about every process of its machine. */
const isForFiles = (spec: AnySpec): boolean => spec !== clusterOptions.supervised;

const earlyOptions = [
  'locustfile',
  'list',
  'showTaskRatio',
  'showTaskRatioJson',
  'loglevel',
  'logfile',
  'skipLogSetup',
] as const satisfies readonly (keyof Settings)[];

/** The options that come before the locustfile: where it is, what this process is to do, and where its log lines go. */
export type EarlySettings = Pick<Settings, keyof typeof clusterOptions | (typeof earlyOptions)[number]>;

const earlyKeys: readonly string[] = [...Object.keys(clusterOptions), ...earlyOptions];

/** What must be known before the locustfile is loaded. */
export interface Preparsed {
  readonly settings: EarlySettings;
  readonly wantsHelp: boolean;
  readonly wantsVersion: boolean;
}

/** Reads the few options that come first; all others are left for `parseSettings`, mistakes in them included. */
export async function preparse(sources: Sources): Promise<Preparsed> {
  const { given } = parseArguments(sources.words, builtIn, 'known only');
  const [wantsHelp, wantsVersion] = [given.has('help'), given.has('version')];
  const config = wantsHelp || wantsVersion ? [] : await configLayers(sources, given);
  const find = valueFinder(
    given,
    sources.variables,
    config.map((layer) => keyed(layer, builtIn.filter(isForFiles), 'known only')),
  );
  const early = optionList.filter(([key]) => earlyKeys.includes(key));
  const values = early.map(([key, spec]) => [key, readOption(spec, find)] as const);
  return { settings: settingsFrom(new Map(values)), wantsHelp, wantsVersion };
}

/** Reads everything. Throws `OptionError` for the first thing that is wrong. */
export async function parseSettings(sources: Sources, custom: readonly CustomSpec[]): Promise<Parsed> {
  const specs = [...builtIn, ...custom];
  const { given, positionals } = parseArguments(sources.words, specs, 'all');
  const layers = await configLayers(sources, given);
  const find = valueFinder(
    given,
    sources.variables,
    layers.map((layer) => keyed(layer, specs.filter(isForFiles), 'all')),
  );
  const values = optionList.map(([key, spec]) => [key, readOption(spec, find)] as const);
  const settings = settingsFrom(new Map(values));
  const customValues = Object.fromEntries(custom.map((spec) => [spec.key, readOption(spec, find)]));
  return {
    settings,
    custom: customValues,
    parsedOptions: Object.freeze({ ...withoutSecrets(settings), ...customValues }),
    userClasses: positionals.length > 0 ? positionals : userClassesFrom(sources.variables),
  };
}

/** A locustfile may print them all. */
function withoutSecrets(settings: Settings): ParsedOptions {
  const secrets = optionList.filter(([, spec]) => spec.isSecret === true).map(([key]) => key);
  return Object.fromEntries(Object.entries(settings).filter(([key]) => !secrets.includes(key)));
}

/** The table's readers gave each value its type. */
function settingsFrom(values: ReadonlyMap<string, unknown>): Settings {
  return Object.fromEntries(values) as unknown as Settings;
}

async function configLayers({ cwd, home }: Sources, given: GivenTexts): Promise<ConfigEntry[][]> {
  const named = given.get('config');
  const file = named === undefined ? undefined : optionTable.config.read(named, '--config');
  return readConfigFiles({ cwd, home, file });
}

interface Given {
  readonly texts: readonly string[];
  readonly label: string;
}
type FindGiven = (spec: AnySpec) => Given | undefined;

const clusterSpecs: ReadonlySet<AnySpec> = new Set(Object.values(clusterOptions));

function valueFinder(
  given: GivenTexts,
  variables: Variables,
  config: readonly ReadonlyMap<string, Given>[],
): FindGiven {
  // whoever starts a worker says how it reaches its master: variables and files of its machine are about other processes
  const isSupervised = given.has(clusterOptions.supervised.name);
  return (spec) => {
    const typed = given.get(spec.name);
    if (typed !== undefined) return { texts: typed, label: `--${spec.name}` };
    if (isSupervised && clusterSpecs.has(spec)) return undefined;
    const variable = fromVariables(spec, variables);
    if (variable !== undefined) return { texts: variable.texts, label: variable.variable };
    return config.map((layer) => layer.get(spec.name)).findLast((entry) => entry !== undefined);
  };
}

function readOption<T>(spec: OptionSpec<T>, find: FindGiven): T {
  const found = find(spec);
  if (found === undefined) return spec.initial;
  return spec.read(found.texts, found.label);
}

/** The entries of one file by the long name of the option that each means. */
function keyed(
  layer: readonly ConfigEntry[],
  specs: readonly AnySpec[],
  which: WhichWords,
): ReadonlyMap<string, Given> {
  const found = new Map<string, Given>();
  for (const entry of layer) {
    const byLetter = specs.find((spec) => spec.alias === entry.key);
    const meant = byLetter === undefined ? optionsNamed(entry.key, specs) : [byLetter];
    const spec = meant.length === 1 ? meant[0] : undefined;
    if (spec !== undefined)
      found.set(spec.name, { texts: textsFor(spec, entry), label: `${spec.name} in ${entry.place}` });
    else if (which === 'all') throw unknownOption(entry.key, specs, ` (in ${entry.place})`);
  }
  return found;
}

function textsFor(spec: AnySpec, entry: ConfigEntry): readonly string[] {
  if (entry.texts.length === 0 && spec.arity === 'one') {
    throw new OptionError(`${spec.name} in ${entry.place} has no value: write ${spec.name} = ${spec.metavar}`);
  }
  return entry.texts;
}
